package admission

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// sample is a review that a real API server sent, and the object in it.
type sample struct {
	review []byte
	object map[string]any
}

// readSample reads one of those that the handler's own benchmark uses.
func readSample(root string, w Write) (sample, error) {
	name := w.kind() + "-create.json"
	if w.update() {
		name = w.kind() + "-update.json"
	}
	text, err := os.ReadFile(filepath.Join(root, "webhook", "server", "testdata", name))
	if err != nil {
		return sample{}, fmt.Errorf("read the sample: %w", err)
	}
	var review struct {
		Request struct{ Object, OldObject map[string]any }
	}
	if err := json.Unmarshal(text, &review); err != nil {
		return sample{}, fmt.Errorf("decode the sample %s: %w", name, err)
	}
	return sample{text, review.Request.Object}, nil
}

// in is the object as its author would write it into a namespace: without what the API server keeps.
func (s sample) in(namespace, name string) ([]byte, error) {
	object := map[string]any{}
	for key, value := range s.object {
		object[key] = value
	}
	metadata := map[string]any{"name": name, "namespace": namespace}
	before, _ := object["metadata"].(map[string]any)
	for _, key := range []string{"labels", "annotations"} {
		if before[key] != nil {
			metadata[key] = before[key]
		}
	}
	object["metadata"] = metadata
	delete(object, "status")
	if spec, is := object["spec"].(map[string]any); is {
		for _, own := range []string{"clusterIP", "clusterIPs"} {
			delete(spec, own)
		}
	}
	text, err := json.Marshal(object)
	if err != nil {
		return nil, fmt.Errorf("encode the sample: %w", err)
	}
	return text, nil
}

// mutated says whether an answer holds our mutation.
func mutated(w Write, answer []byte) bool {
	if w.kind() == "service" {
		return bytes.Contains(answer, []byte(`"internalTrafficPolicy":"Local"`))
	}
	return bytes.Contains(answer, []byte(`"maxSurge":1`))
}
