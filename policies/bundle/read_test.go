package bundle_test

import (
	"archive/tar"
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inshore-dev/inshore/policies/bundle"
)

func TestABundleIsReadAsItWasWritten(t *testing.T) {
	pairs := keyPairs(t)
	pairs["unsigned"] = pair{}
	for name, keys := range pairs {
		t.Run(name, func(t *testing.T) {
			var signing *bundle.SigningKey
			var verifying *bundle.VerificationKey
			if keys.private != "" {
				signing, verifying = signingKey(t, keys.private, ""), verificationKey(t, keys.public, "")
			}
			want := small(t)
			data, err := want.Write(signing)
			if err != nil {
				t.Fatal(err)
			}
			got, err := bundle.Read(data, verifying)
			if err != nil {
				t.Fatal(err)
			}
			if got.Digest != want.Digest || got.Revision != "v7" || !slices.Equal(got.Retired, []string{"ACME002"}) {
				t.Errorf("got %+v, want %+v", got, want)
			}
			if diff := cmp.Diff([]string{"rule.rego"}, got.Paths()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAnotherAlgorithmOfTheSameKey(t *testing.T) {
	keys := keyPairs(t)["RS256"]
	data, err := small(t).Write(signingKey(t, keys.private, "PS384"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bundle.Read(data, verificationKey(t, keys.public, "PS384")); err != nil {
		t.Error(err)
	}
	if _, err := bundle.Read(data, verificationKey(t, keys.public, "")); err == nil {
		t.Error("a signature of another algorithm than the one asked for is accepted")
	}
}

func TestTheSameRulesGiveTheSameBytes(t *testing.T) {
	one, err := small(t).Write(nil)
	if err != nil {
		t.Fatal(err)
	}
	two, err := small(t).Write(nil)
	if err != nil || !bytes.Equal(one, two) {
		t.Errorf("the bytes differ (%v)", err)
	}
}

func TestABundleThatIsNotWhatItShouldBeIsRefused(t *testing.T) {
	keys, others := keyPairs(t)["ES256"], keyPairs(t)["ES256"]
	key := verificationKey(t, keys.public, "")
	signed, err := small(t).Write(signingKey(t, keys.private, ""))
	must(t, err)
	forged, err := small(t).Write(signingKey(t, others.private, ""))
	must(t, err)
	unsigned, err := small(t).Write(nil)
	must(t, err)
	// What the public key gives if it is taken for an HMAC secret.
	confused, err := small(t).Write(signingKey(t, secretOf(t, keys.public), "HS256"))
	must(t, err)
	noise := make([]byte, bundle.MaxPacked+1)
	rand.NewChaCha8([32]byte{}).Read(noise)

	tests := map[string]struct {
		data []byte
		key  *bundle.VerificationKey
		says string
	}{
		"signed by another key":               {forged, key, "failed to verify JWT signature"},
		"signed with the public key as HMAC":  {confused, key, "failed to verify JWT signature"},
		"not signed, with a key":              {unsigned, key, "missing .signatures.json"},
		"cut off in the middle":               {signed[:len(signed)/2], key, "cut off"},
		"cut off at the last byte":            {signed[:len(signed)-1], key, "cut off or damaged"},
		"empty":                               {nil, key, "no gzip"},
		"a text":                              {[]byte("<html>404</html>"), key, "no gzip"},
		"a file that the signature lacks":     {repack(t, signed, entry{"/more.rego", rule, 0}), key, "not included in bundle signature"},
		"a file of which the signature knows": {repack(t, signed, entry{"/rule.rego", rule + "\nx := 1\n", 0}), key, "digest mismatch"},
		"too large as it is":                  {noise, key, "too much for a bundle"},
		"too large once unpacked":             {archive(t, entry{"/bomb.rego", strings.Repeat(" ", 8<<20), 0}), nil, "too much for a bundle"},
		"a bomb of which nothing is a rule":   {archive(t, entry{"/bomb.txt", strings.Repeat(" ", 64<<20), 0}), nil, "too much for a bundle"},
		"too many files":                      {archive(t, many(bundle.MaxFiles+1)...), nil, "too much for a bundle"},
		"sparse files":                        {sparse(t, 3), nil, "too much for a bundle"},
		"a path that climbs":                  {archive(t, entry{"/a/../../x.rego", rule, 0}), nil, `"/a/../../x.rego" leads out`},
		"a path that climbs at once":          {archive(t, entry{"../x.rego", rule, 0}), nil, `"../x.rego" leads out`},
		"a path with a backslash":             {archive(t, entry{`..\x.rego`, rule, 0}), nil, "leads out"},
		"a symbolic link":                     {archive(t, entry{"/x.rego", "", tar.TypeSymlink}), nil, "a link or a device"},
		"a hard link":                         {archive(t, entry{"/x.rego", "", tar.TypeLink}), nil, "a link or a device"},
		"a path twice":                        {archive(t, entry{"/x.rego", rule, 0}, entry{"/x.rego", rule, 0}), nil, "twice"},
		"no rule at all":                      {archive(t, entry{"/README", "x", 0}), nil, "no .rego file"},
		"Rego that does not parse":            {archive(t, entry{"/x.rego", "package acme\n\nviolation contains {", 0}), nil, "x.rego:3"},
		"a comment of zeros":                  {archive(t, entry{"/x.rego", "package acme\n#" + strings.Repeat("\x00", 40_000), 0}), nil, "/x.rego is no text"},
		"a comment that is not UTF-8":         {archive(t, entry{"/x.rego", "package acme\n#" + strings.Repeat("\xff", 40_000), 0}), nil, "/x.rego is no text"},
		"data documents":                      {archive(t, entry{"/data.json", `{"a": 1}`, 0}, entry{"/x.rego", rule, 0}), nil, "data documents"},
		"a patch":                             {archive(t, entry{"/patch.json", `{"data": [{"op": "upsert", "path": "/a", "value": 1}]}`, 0}), nil, "delta"},
		"a manifest that is no JSON":          {archive(t, entry{"/.manifest", "roots", 0}, entry{"/x.rego", rule, 0}), nil, "manifest"},
		"roots that do not have its packages": {archive(t, entry{"/.manifest", `{"roots": ["other"]}`, 0}, entry{"/x.rego", rule, 0}), nil, "manifest roots [other]"},
		"retired rules that are no list":      {archive(t, entry{"/.manifest", `{"metadata": {"inshore": {"retired": "X"}}}`, 0}, entry{"/x.rego", rule, 0}), nil, "retired"},
		"a word of ours that there is not":    {archive(t, entry{"/.manifest", `{"metadata": {"inshore": {"retire": ["X"]}}}`, 0}, entry{"/x.rego", rule, 0}), nil, `"retire"`},
	}
	for sentence, test := range tests {
		t.Run(sentence, func(t *testing.T) {
			got, err := bundle.Read(test.data, test.key)
			if err == nil || got != nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("want an error that says %q, got %v and %+v", test.says, err, got)
			}
		})
	}
}

func TestWhatOthersPutIntoATarIsNoFault(t *testing.T) {
	tests := map[string][]entry{
		"paths from the root":      {{"/acme/x.rego", rule, 0}},
		"paths from nowhere":       {{"acme/x.rego", rule, 0}},
		"paths from here":          {{"./", "", tar.TypeDir}, {"./acme/", "", tar.TypeDir}, {"./acme/x.rego", rule, 0}},
		"empty data, as OPA has":   {{"/data.json", "{}\n", 0}, {"/acme/x.rego", rule, 0}},
		"a signature, without key": {{"/.signatures.json", `{"signatures": ["x.y.z"]}`, 0}, {"/acme/x.rego", rule, 0}},
		"a test and a text":        {{"/acme/x_test.rego", "package acme.x_test\n", 0}, {"/LICENSE", "MIT", 0}, {"/acme/x.rego", rule, 0}},
	}
	for sentence, entries := range tests {
		t.Run(sentence, func(t *testing.T) {
			got, err := bundle.Read(archive(t, entries...), nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"acme/x.rego"}, got.Paths()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	b, err := bundle.New(map[string]string{"rule.rego": rule})
	if err != nil {
		f.Fatal(err)
	}
	data, err := b.Write(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		read, err := bundle.Read(data, nil)
		if (read == nil) == (err == nil) {
			t.Fatalf("got %v and %v", read, err)
		}
		if err != nil {
			return
		}
		if _, err := read.FS(); err != nil {
			t.Errorf("what was read cannot be laid out: %v", err)
		}
	})
}

func TestFilesThatAreNoTextAreRefused(t *testing.T) {
	for sentence, text := range map[string]string{
		"zeros":             "package acme\n#" + strings.Repeat("\x00", 40_000),
		"not UTF-8":         "package acme\n# caf\xe9",
		"a byte order mark": "\ufeffpackage acme\n",
	} {
		t.Run(sentence, func(t *testing.T) {
			if _, err := bundle.New(map[string]string{"x.rego": text}); err == nil || !strings.Contains(err.Error(), "x.rego is no text") {
				t.Errorf("got %v", err)
			}
		})
	}
}
