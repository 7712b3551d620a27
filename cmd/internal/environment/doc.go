// Package environment sets flags from environment variables: INSHORE_ and the
// flag's name, --cert-dir from INSHORE_CERT_DIR. The command line wins.
package environment
