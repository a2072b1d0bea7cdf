#!/bin/sh
# It cannot be asked to end, and what it leaves behind keeps its output open.
trap '' TERM
setsid sleep 1000 &
while :; do sleep 1000; done
