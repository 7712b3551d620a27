// Command certmanager runs cert-manager's own controllers against a kubeconfig.
//
// cert-manager ships its commands as modules that no module proxy holds, but the controllers behind
// them are importable and register themselves. This program is the missing main: self-signed and CA
// issuers, everything that turns a Certificate into a Secret, and the CA injector.
package main
