// Package call measures calls to an echo server, from inside the network
// namespace that it runs in, and is that server too.
//
// A client is told what to measure by an [Order] and replies with an [Answer],
// one JSON document a line, over the connection that [ServeOrders] accepted: what
// measures is beside what is measured, and what coordinates is outside.
//
// What is timed is system calls on blocking sockets, issued without the Go
// scheduler's knowledge: nothing allocates, nothing is collected and no goroutine
// is switched between the two readings of the clock. The server's loop is the
// same. Every TCP socket has TCP_NODELAY. The client closes by a reset
// (SO_LINGER 0): neither it nor conntrack keeps a port in TIME_WAIT, so that a
// million connections do not run out of ports, and the reset is not timed.
package call
