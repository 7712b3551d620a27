// Command inshore-webhook answers admission reviews of Services and DaemonSets.
package main

import "github.com/inshore-dev/inshore/cmd/internal/webhook"

func main() { webhook.Main() }
