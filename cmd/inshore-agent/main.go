// Command inshore-agent is Inshore's program on each node: it keeps calls to
// node-local Services on it.
package main

import "github.com/inshore-dev/inshore/cmd/internal/agent"

func main() { agent.Main() }
