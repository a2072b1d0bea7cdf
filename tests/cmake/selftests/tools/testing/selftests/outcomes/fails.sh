#!/bin/sh
echo "TEST SUCCESS"
exit 255
