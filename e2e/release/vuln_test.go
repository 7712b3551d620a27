package release

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// database is one with a single vulnerability, in a function that we call.
var database = map[string]string{
	"index/db.json":      `{"modified": "2026-01-01T00:00:00Z"}`,
	"index/modules.json": `[{"path": "github.com/spf13/pflag", "vulns": [{"id": "GO-2026-9999", "modified": "2026-01-01T00:00:00Z"}]}]`,
	"index/vulns.json":   `[{"id": "GO-2026-9999", "modified": "2026-01-01T00:00:00Z"}]`,
	"ID/GO-2026-9999.json": `{
		"schema_version": "1.3.1", "id": "GO-2026-9999", "modified": "2026-01-01T00:00:00Z", "published": "2026-01-01T00:00:00Z",
		"summary": "made up by a test", "details": "made up by a test",
		"affected": [{
			"package": {"name": "github.com/spf13/pflag", "ecosystem": "Go"},
			"ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}],
			"ecosystem_specific": {"imports": [{"path": "github.com/spf13/pflag", "symbols": ["FlagSet.VisitAll"]}]}
		}],
		"database_specific": {"url": "https://example.com/GO-2026-9999"}
	}`,
}

func TestAKnownVulnerabilityIsFound(t *testing.T) {
	folder := t.TempDir()
	for name, text := range database {
		name = filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// A small package that calls the function; the whole takes minutes.
	said, err := script(t, []string{"INSHORE_VULNDB=file://" + folder}, "vuln.sh", "./cmd/internal/environment")
	if err == nil || !strings.Contains(said, "GO-2026-9999") || strings.Contains(said, "NOT CHECKED") {
		t.Errorf("the error is %v, it says\n%s", err, said)
	}
}

func TestAnUnreachableDatabaseIsNeverAPass(t *testing.T) {
	said, err := script(t, []string{"INSHORE_VULNDB=http://127.0.0.1:1", "INSHORE_VULN=require"}, "vuln.sh")
	if err == nil || !strings.Contains(said, "NOT CHECKED for known vulnerabilities") {
		t.Errorf("the error is %v, it says\n%s", err, said)
	}
}
