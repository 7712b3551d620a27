// Package soak is the long form of the claim that a rollout loses nothing: a
// million requests and more, by new connections at full rate from pods and nodes
// alike, while the servers, which end the moment they are told to, are replaced
// again and again. Its test takes half an hour, so it is built only when asked for,
// and so is what shows that admission survives whatever may happen to it: writes of
// opted-in objects for ten minutes while the webhook, its certificate, the API server
// and etcd are restarted, killed or held in turn.
//
//	go test -tags soak -count=1 -v -timeout 3h ./e2e/soak
package soak
