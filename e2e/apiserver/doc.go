// Package apiserver tests, on real API servers without nodes, what an API server's own
// configuration does with Inshore: policies that it reads from files, client
// certificates that it shows to the webhook, and the Pod Security levels of our
// namespaces. It has tests only.
package apiserver
