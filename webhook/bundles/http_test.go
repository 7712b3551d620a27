package bundles_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/inshore-dev/inshore/policies/bundle"
	"github.com/inshore-dev/inshore/webhook/bundles"
)

// ask is the source of a URL.
func ask(t *testing.T, url, key string) *bundles.HTTP {
	t.Helper()
	verifying, err := bundle.ReadVerificationKey(key, "")
	must(t, err)
	source, err := bundles.NewHTTP(bundles.HTTPConfig{URL: url, Key: verifying, Timeout: 2 * time.Second})
	must(t, err)
	return source
}

func TestABundleThatDidNotChangeIsNotSentAgain(t *testing.T) {
	ours, _ := keys(t)
	shop := newShop(t)
	shop.sell(bytesOf(packed(t, ours, map[string]string{"ACME001": good}), `"one"`))
	source := ask(t, shop.URL+"/b.tar.gz", ours)
	if change := source.Fetch(t.Context()); change.Err != nil || change.Bundle == nil || change.Source != shop.URL+"/b.tar.gz" {
		t.Fatalf("got %+v", change)
	}
	if change := source.Fetch(t.Context()); change.Err != nil || change.Bundle != nil {
		t.Errorf("the second time: %+v", change)
	}
	shop.sell(bytesOf(packed(t, ours, map[string]string{"ACME002": good}), `"two"`))
	if change := source.Fetch(t.Context()); change.Err != nil || change.Bundle == nil {
		t.Errorf("after it changed: %+v", change)
	}
}

func TestAServerWithoutEntityTagsIsAskedForEverything(t *testing.T) {
	ours, _ := keys(t)
	shop := newShop(t)
	shop.sell(bytesOf(packed(t, ours, map[string]string{"ACME001": good}), ""))
	source := ask(t, shop.URL, ours)
	for range 2 {
		if change := source.Fetch(t.Context()); change.Err != nil || change.Bundle == nil {
			t.Errorf("got %+v", change)
		}
	}
}

func TestWhatAServerMayAnswerWrongly(t *testing.T) {
	ours, theirs := keys(t)
	other := newShop(t)
	other.sell(bytesOf(packed(t, ours, map[string]string{"ACME001": good}), ""))
	signed := packed(t, ours, map[string]string{"ACME001": good})
	tests := map[string]struct {
		answer http.HandlerFunc
		says   string
	}{
		"an error of its own":            {status(http.StatusInternalServerError), "the server answers 500"},
		"nothing there":                  {status(http.StatusNotFound), "the server answers 404"},
		"not for us":                     {status(http.StatusForbidden), "the server answers 403"},
		"not modified, out of nowhere":   {status(http.StatusNotModified), "the server answers 304"},
		"nothing at all":                 {status(http.StatusOK), "no gzip"},
		"a page that says all is well":   {bytesOf([]byte("<html>OK</html>"), ""), "no gzip"},
		"a bundle signed by another key": {bytesOf(packed(t, theirs, map[string]string{"ACME001": good}), ""), "failed to verify"},
		"a bundle that is not signed":    {bytesOf(packed(t, "", map[string]string{"ACME001": good}), ""), "missing .signatures.json"},
		"half a bundle":                  {bytesOf(signed[:len(signed)/2], ""), "cut off"},
		"half of what it promised": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000000")
			_, _ = w.Write(signed)
		}, "unexpected EOF"},
		"more than a bundle may have": {bytesOf(make([]byte, bundle.MaxPacked+2), ""), "too much for a bundle"},
		"a redirect to another server": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL, http.StatusFound)
		}, "redirects to another server"},
		"a redirect to https, which it is not": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://"+r.Host, http.StatusFound)
		}, "redirects to another server"},
		"a redirect to itself": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/again", http.StatusFound)
		}, "redirects more than five times"},
		"no answer in time": {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "Client.Timeout exceeded"},
	}
	for sentence, test := range tests {
		t.Run(sentence, func(t *testing.T) {
			shop := newShop(t)
			shop.sell(test.answer)
			change := ask(t, shop.URL+"/?token=hidden", ours).Fetch(t.Context())
			if change.Err == nil || change.Bundle != nil || !strings.Contains(change.Err.Error(), test.says) {
				t.Fatalf("want an error that says %q, got %+v", test.says, change)
			}
			if strings.Contains(change.Source+change.Err.Error(), "hidden") {
				t.Errorf("the query is told: %+v", change)
			}
		})
	}
	t.Run("a server that is not there", func(t *testing.T) {
		gone := newShop(t)
		gone.Close()
		if change := ask(t, gone.URL, ours).Fetch(t.Context()); change.Err == nil || !strings.Contains(change.Err.Error(), "refused") {
			t.Errorf("got %+v", change)
		}
	})
}

func TestARedirectOnTheSameServerIsFollowed(t *testing.T) {
	ours, _ := keys(t)
	shop := newShop(t)
	sell := bytesOf(packed(t, ours, map[string]string{"ACME001": good}), "")
	shop.sell(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/latest" {
			http.Redirect(w, r, "/v7", http.StatusFound)
			return
		}
		sell(w, r)
	})
	if change := ask(t, shop.URL+"/latest", ours).Fetch(t.Context()); change.Err != nil {
		t.Error(change.Err)
	}
}

func TestAfterABadBundleA304DoesNotSayThatAllIsWell(t *testing.T) {
	ours, theirs := keys(t)
	shop := newShop(t)
	source := ask(t, shop.URL, ours)
	shop.sell(bytesOf(packed(t, theirs, map[string]string{"ACME001": good}), `"bad"`))
	for range 2 {
		if change := source.Fetch(t.Context()); change.Err == nil {
			t.Errorf("got %+v", change)
		}
	}
}

func TestTheTokenIsReadForEveryRequest(t *testing.T) {
	ours, _ := keys(t)
	shop := newTLSShop(t)
	shop.sell(bytesOf(packed(t, ours, map[string]string{"ACME001": good}), ""))
	folder := t.TempDir()
	token, authority := filepath.Join(folder, "token"), filepath.Join(folder, "ca.pem")
	must(t, os.WriteFile(authority, shop.authority(), 0o600))
	verifying, err := bundle.ReadVerificationKey(ours, "")
	must(t, err)
	source, err := bundles.NewHTTP(bundles.HTTPConfig{URL: shop.URL, Key: verifying, TokenFile: token, CAFile: authority})
	must(t, err)
	if change := source.Fetch(t.Context()); change.Err == nil || !strings.Contains(change.Err.Error(), "reading the token") {
		t.Errorf("without the file: %+v", change)
	}
	for _, want := range []string{"one", "two"} {
		must(t, os.WriteFile(token, []byte(want+"\n"), 0o600))
		if change := source.Fetch(t.Context()); change.Err != nil {
			t.Fatal(change.Err)
		}
		if got := shop.last().Header.Get("Authorization"); got != "Bearer "+want {
			t.Errorf("got %q, want the token %s", got, want)
		}
	}
}

func TestAServerThatNobodyVouchesForIsNotAsked(t *testing.T) {
	ours, _ := keys(t)
	shop := newTLSShop(t)
	shop.sell(status(http.StatusOK))
	if change := ask(t, shop.URL, ours).Fetch(t.Context()); change.Err == nil || !strings.Contains(change.Err.Error(), "certificate") {
		t.Errorf("got %+v", change)
	}
}

func TestAConfigurationThatCannotBeMeantIsRefused(t *testing.T) {
	ours, _ := keys(t)
	key, err := bundle.ReadVerificationKey(ours, "")
	must(t, err)
	tests := map[string]struct {
		config bundles.HTTPConfig
		says   string
	}{
		"no key":            {bundles.HTTPConfig{URL: "https://rules.example"}, "a key is missing"},
		"no URL":            {bundles.HTTPConfig{URL: "rules.example", Key: key}, "no URL"},
		"a file":            {bundles.HTTPConfig{URL: "file:///rules.tar.gz", Key: key}, "no URL"},
		"a password":        {bundles.HTTPConfig{URL: "https://me:secret@rules.example", Key: key}, "has a password in it"},
		"a token in clear":  {bundles.HTTPConfig{URL: "http://rules.example", Key: key, TokenFile: "t"}, "over https only"},
		"no certificate":    {bundles.HTTPConfig{URL: "https://rules.example", Key: key, CAFile: "no/such"}, "no/such"},
		"not a certificate": {bundles.HTTPConfig{URL: "https://rules.example", Key: key, CAFile: ours}, "has none"},
	}
	for sentence, test := range tests {
		t.Run(sentence, func(t *testing.T) {
			if _, err := bundles.NewHTTP(test.config); err == nil || !strings.Contains(err.Error(), test.says) ||
				strings.Contains(err.Error(), "secret@") {
				t.Errorf("want an error that says %q, got %v", test.says, err)
			}
		})
	}
}
