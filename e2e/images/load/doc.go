// Command load is the client of the end-to-end tests: it asks echo servers through a Service, at full rate over
// several workers, and counts who answered and what failed. Nothing is ever tried twice.
//
// It serves HTTP, and a run has a name so that several may go on at once:
//
//	GET /start?name=calls&target=10.96.12.34:80&mode=tcp&workers=8
//	GET /counts?name=calls
//	GET /stop?name=calls
//	GET /run?target=10.96.12.34:80&mode=udp&n=300
//
// The modes are tcp, a new connection for each request, which the server closes; long, one connection for as long
// as hold says, with requests on it all the time, which the client closes; udp, a new connected socket for each
// request; and sendto, one socket a worker that is never connected and keeps its port.
package main
