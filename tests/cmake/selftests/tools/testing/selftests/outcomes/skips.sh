#!/bin/sh
echo "there is no such device"
exit 4
