// Command caller is both ends of the benchmarks' calls; see package call.
//
//	caller -echo 0.0.0.0:9000,/run/bench/echo.sock     the server, at each of the addresses
//	caller -orders :9001                               the client, which waits to be told what to measure
package main
