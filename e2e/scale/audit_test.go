package scale

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestWritesAreReadFromTheAuditLog(t *testing.T) {
	const text = `{"verb":"patch","user":{"username":"us"},"objectRef":{"resource":"reports","namespace":"a","name":"inshore","apiGroup":"openreports.io"},"responseStatus":{"code":200},"requestReceivedTimestamp":"2026-11-22T12:00:00.500000Z"}
{"verb":"patch","user":{"username":"them"},"objectRef":{"resource":"services","namespace":"a","name":"b"},"responseStatus":{"code":200}}
{"verb":"watch","user":{"username":"us"},"objectRef":{"resource":"services"},"responseStatus":{"code":200}}
{"verb":"update","user":{"username":"us"},"objectRef":{"resource":"pods","subresource":"status","namespace":"a","name":"b"},"responseStatus":{"code":409}}
{"verb":"patch","user":{"userna`
	got, err := parseWrites(text, "us")
	if err != nil {
		t.Fatal(err)
	}
	want := []write{
		{"patch", "reports.openreports.io", "a", "inshore", 200, time.Date(2026, 11, 22, 12, 0, 0, 5e8, time.UTC)},
		{"update", "pods/status", "a", "b", 409, time.Time{}},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(write{})); diff != "" {
		t.Error(diff)
	}
	if _, err := parseWrites("what\n", "us"); err == nil {
		t.Error("a log that is not JSON was read")
	}
}
