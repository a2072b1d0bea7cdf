#!/bin/sh
[ -d ../outcomes ]
