// Package nodeclaim tries, on a real API server, what an agent's token can do to
// other nodes: nothing. It has tests only, and needs no nodes for them, because
// the claim is in the token that the API server issues for a pod, wherever that
// pod says it runs.
package nodeclaim
