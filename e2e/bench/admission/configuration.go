package admission

import (
	"bytes"
	"fmt"

	"sigs.k8s.io/yaml"
)

// configurations are ours as they are shipped, turned to an arm's webhook and
// namespace. Plain arms get no conditions unless that is what they are there to show.
func (s *stage) configurations(shipped []byte, arm Arm) ([]any, error) {
	server := s.servers[arm]
	if arm == PlainMatched {
		server = s.servers[Plain]
	}
	var all []any
	for document := range bytes.SplitSeq(shipped, []byte("\n---\n")) {
		var configuration map[string]any
		if err := yaml.Unmarshal(document, &configuration); err != nil {
			return nil, fmt.Errorf("decode the configurations: %w", err)
		}
		webhooks, _ := configuration["webhooks"].([]any)
		if len(webhooks) == 0 {
			return nil, fmt.Errorf("the configurations hold none for %s", arm)
		}
		metadata := configuration["metadata"].(map[string]any)
		metadata["name"] = fmt.Sprintf("%s-%s", metadata["name"], namespaces[arm])
		for _, entry := range webhooks {
			webhook := entry.(map[string]any)
			path := webhook["clientConfig"].(map[string]any)["service"].(map[string]any)["path"].(string)
			webhook["clientConfig"] = map[string]any{"url": "https://" + server + path, "caBundle": s.bundle}
			webhook["namespaceSelector"] = only(arm)
			// A call that fails must be seen.
			webhook["failurePolicy"] = "Fail"
			if arm == Plain || arm == Library {
				delete(webhook, "matchConditions")
			}
		}
		all = append(all, configuration)
	}
	return all, nil
}
