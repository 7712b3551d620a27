package policy

import (
	"context"
	"fmt"
	"io"

	"github.com/inshore-dev/inshore/cmd/internal/output"
	"github.com/inshore-dev/inshore/policies/oci"
)

// Store writes a bundle to a file or an image layout (oci:FOLDER:TAG), and says
// where. A file is whole or not there: a webhook may be watching it.
func Store(ctx context.Context, where string, data []byte) (string, error) {
	if oci.IsReference(where) {
		reference, err := oci.ParseReference(where)
		if err != nil {
			return "", err
		}
		digest, err := oci.Push(ctx, reference, data)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%s@%s", reference, digest), nil
	}
	err := output.WriteFile(where, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
	if err != nil {
		return "", err
	}
	return where, nil
}
