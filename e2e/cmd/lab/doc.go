// Command lab keeps a real Kubernetes cluster open for a developer:
//
//	go run ./e2e/cmd/lab up --nodes 3 --proxy nftables
//	export KUBECONFIG=$(go run ./e2e/cmd/lab kubeconfig)
//	go run ./e2e/cmd/lab exec node-0 -- nft list ruleset
//	go run ./e2e/cmd/lab down
package main
