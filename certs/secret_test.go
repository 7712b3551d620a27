package certs

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func TestSecretHoldsAuthoritiesUnchanged(t *testing.T) {
	first := madeAt(t, epochStart)
	second := madeAt(t, epochStart.Add(time.Hour))
	second.published = time.Time{}
	foreign := &authority{certificate: madeAt(t, epochStart.Add(2*time.Hour)).certificate, drop: epochStart.Add(3 * time.Hour)}

	data, err := encodeAuthorities([]*authority{second, foreign, first})
	if err != nil {
		t.Fatal(err)
	}
	got, problems := decodeAuthorities(data)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for i, want := range []*authority{first, second, foreign} {
		a := got[i]
		if !a.certificate.Equal(want.certificate) || a.ours() != want.ours() ||
			!a.published.Equal(want.published) || !a.drop.Equal(want.drop) {
			t.Errorf("%d: got %+v, want %+v", i, a, want)
		}
		if want.ours() && !a.key.Equal(want.key) {
			t.Errorf("%d: the key has changed", i)
		}
	}
}

func TestDamagedSecretLosesWhatIsDamagedAndNothingElse(t *testing.T) {
	good := madeAt(t, epochStart)
	other := madeAt(t, epochStart)
	leaf := leafOf(t, good, epochStart)
	records := func(change func(*record)) []byte {
		data, err := encodeAuthorities([]*authority{good, other})
		if err != nil {
			t.Fatal(err)
		}
		var all []record
		if err := json.Unmarshal(data[secretKey], &all); err != nil {
			t.Fatal(err)
		}
		change(&all[1])
		text, err := json.Marshal(all)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	cases := map[string]struct {
		data    map[string][]byte
		kept    int
		problem string
	}{
		"no Secret is no problem":     {nil, 0, ""},
		"another's Secret":            {map[string][]byte{"tls.crt": nil}, 0, "it has no authorities.json"},
		"no JSON":                     {map[string][]byte{secretKey: []byte("{")}, 0, "reading authorities.json"},
		"a certificate cut in half":   {map[string][]byte{secretKey: records(func(r *record) { r.Certificate = r.Certificate[:80] })}, 1, "want one certificate, found 0"},
		"two certificates in one":     {map[string][]byte{secretKey: records(func(r *record) { r.Certificate += r.Certificate })}, 1, "found 2"},
		"a key that is not PEM":       {map[string][]byte{secretKey: records(func(r *record) { r.Key = "x" })}, 1, "not PEM"},
		"a key of another":            {map[string][]byte{secretKey: records(func(r *record) { r.Certificate = string(encodeCertificate(good.certificate)) })}, 1, "does not belong"},
		"a certificate that is no CA": {map[string][]byte{secretKey: records(func(r *record) { r.Certificate, r.Key = string(encodeCertificate(leaf)), "" })}, 2, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			kept, problems := decodeAuthorities(c.data)
			if len(kept) != c.kept {
				t.Errorf("kept %d, want %d", len(kept), c.kept)
			}
			switch {
			case c.problem == "" && len(problems) > 0:
				t.Errorf("problems %v, want none", problems)
			case c.problem != "" && (len(problems) != 1 || !strings.Contains(problems[0].Error(), c.problem)):
				t.Errorf("problems %v, want one with %q", problems, c.problem)
			}
		})
	}
}
