#error "no such library"
