// Command echo is the daemon of the end-to-end tests: it answers every line over TCP, and every datagram over
// UDP, with the names of its node and its pod.
//
//	$ echo hello | nc 10.96.12.34 8080
//	node-1 echo-x7k2p
//
// A line "bye" is answered too, and then the server is the one that closes: a client that opens connections at
// full rate then has no port waiting.
//
// By itself it ends the moment it is told to, as a daemon does that knows nothing of draining. With -drain it
// serves on for that long first. Over HTTP at another port a test tells it to turn unready (/unready, /ready), to
// crash (/exit) or to use up its memory (/eat). Readiness is a third port that accepts or does not.
package main
