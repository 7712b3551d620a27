// Command memclient is the app of the end-to-end tests: it talks to memcached in memcached's own text
// protocol, over a new connection for each call, and counts which node's memcached answered.
//
// Each memcached is told beforehand which node it is on, past any Service:
//
//	memclient -set -addr 10.244.1.7:11211 -node node-1
//
// After that, calls through a Service tell where they went:
//
//	memclient -addr 10.96.12.34:11211 -n 300
//
// prints {"total":300,"failed":0,"by":{"node-1":300},"errors":{}}. Without -n it serves HTTP and makes calls
// when it is asked to: GET /run?n=300&addr=10.96.12.34:11211.
package main
