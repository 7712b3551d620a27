package bundle_test

import (
	"strings"
	"testing"

	"github.com/inshore-dev/inshore/policies/bundle"
)

func TestKeysThatCannotBeMeantAreRefused(t *testing.T) {
	pairs := keyPairs(t)
	tests := map[string]struct{ file, algorithm, says string }{
		"a file that there is not":               {"no/such", "", "no/such"},
		"a private key where a public one goes":  {pairs["ES256"].private, "", "it is a private key"},
		"an empty file":                          {write(t, "key", nil), "", "neither PEM nor a secret"},
		"a secret that is guessed at once":       {write(t, "key", []byte("hunter2\n")), "", "neither PEM nor a secret"},
		"PEM that is damaged":                    {write(t, "key", []byte("-----BEGIN PUBLIC KEY-----\nx\n")), "", "no PEM block"},
		"PEM of something else":                  {write(t, "key", []byte("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n")), "", "is no public key"},
		"a public key as a secret":               {pairs["RS256"].public, "HS256", "use one of RS256"},
		"an algorithm of another curve":          {pairs["ES256"].public, "ES384", "use one of ES256"},
		"an algorithm that is none":              {pairs["ES256"].public, "none", "use one of ES256"},
		"an asymmetric algorithm for the secret": {pairs["HS256"].public, "RS256", "use one of HS256"},
	}
	for sentence, test := range tests {
		t.Run(sentence, func(t *testing.T) {
			_, err := bundle.ReadVerificationKey(test.file, test.algorithm)
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("want an error that says %q, got %v", test.says, err)
			}
		})
	}
}

func TestAPublicKeyCannotSign(t *testing.T) {
	_, err := bundle.ReadSigningKey(keyPairs(t)["EdDSA"].public, "")
	if err == nil || !strings.Contains(err.Error(), "no private key") {
		t.Errorf("got %v", err)
	}
}
