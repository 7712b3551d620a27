package scale

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWritesAreReadFromTheAuditLog(t *testing.T) {
	const text = `{"verb":"patch","user":{"username":"us"},"objectRef":{"resource":"reports","namespace":"a","name":"inshore","apiGroup":"openreports.io"},"responseStatus":{"code":200}}
{"verb":"patch","user":{"username":"them"},"objectRef":{"resource":"services","namespace":"a","name":"b"},"responseStatus":{"code":200}}
{"verb":"watch","user":{"username":"us"},"objectRef":{"resource":"services"},"responseStatus":{"code":200}}
{"verb":"update","user":{"username":"us"},"objectRef":{"resource":"pods","subresource":"status","namespace":"a","name":"b"},"responseStatus":{"code":409}}
{"verb":"patch","user":{"userna`
	got, err := parseWrites(text, "us")
	if err != nil {
		t.Fatal(err)
	}
	want := []write{
		{"patch", "reports.openreports.io", "a", "inshore", 200},
		{"update", "pods/status", "a", "b", 409},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(write{})); diff != "" {
		t.Error(diff)
	}
	if _, err := parseWrites("what\n", "us"); err == nil {
		t.Error("a log that is not JSON was read")
	}
}
