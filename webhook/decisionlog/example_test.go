package decisionlog_test

import (
	"fmt"
	"strings"

	"github.com/inshore-dev/inshore/webhook/decisionlog"
)

// A container's log has other lines too; they are passed over.
func ExampleRead() {
	text := `{"level":"info","msg":"Starting"}
{"version":"v1","time":"2026-03-14T09:26:53Z","uid":"1","operation":"CREATE","kind":"Service","namespace":"core","name":"cache","allowed":true,"revision":"abc","findings":[],"latencyMicros":150,"digest":"sha256:5041bf1f713df204784353e82f6a4a535931cb64f1f4b4a5aeaffcb720918b22","input":{"x":1}}
`
	for entry, err := range decisionlog.Read(strings.NewReader(text)) {
		fmt.Println(entry.Kind, entry.Name, entry.Allowed, err)
	}
	// Output: Service cache true <nil>
}
