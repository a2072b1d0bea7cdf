#!/bin/sh
if [ "$1" = deps ]; then
    echo "MEM=256M"
    echo "TESTS=first,second"
    exit
fi
echo "TEST SUCCESS"
