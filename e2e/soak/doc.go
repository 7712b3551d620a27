// Package soak is the long form of the claim that a rollout loses nothing: a
// million requests and more, by new connections at full rate from pods and nodes
// alike, while the servers, which end the moment they are told to, are replaced
// again and again. Its test takes half an hour, so it is built only when asked for:
//
//	go test -tags soak -count=1 -v -timeout 3h ./e2e/soak
package soak
