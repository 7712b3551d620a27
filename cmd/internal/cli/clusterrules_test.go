package cli

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/fake"
	ktesting "k8s.io/client-go/testing"

	"github.com/inshore-dev/inshore/cmd/internal/audit"
	"github.com/inshore-dev/inshore/cmd/internal/policy"
)

// rulesInstalled is a ConfigMap with the rule of examples/rules.
func rulesInstalled(t *testing.T) *corev1.ConfigMap {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(examples, "rules", "team_label", "*.rego"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no rule found (%v)", err)
	}
	configMap := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: "inshore-system", Name: "acme-rules", Labels: map[string]string{"inshore.dev/policy": "true"}},
		Data:       map[string]string{},
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		configMap.Data[filepath.Base(file)] = string(text)
	}
	return configMap
}

func TestRulesOfTheInstallation(t *testing.T) {
	broken := rulesInstalled(t)
	broken.Data = map[string]string{".manifest": "{"}
	forbidden := fake.NewClientset()
	forbidden.PrependReactor("list", "configmaps", func(ktesting.Action) (bool, runtime.Object, error) {
		return true, nil, apierrors.NewForbidden(schema.GroupResource{Resource: "configmaps"}, "", errors.New("no right"))
	})
	downloads := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: "inshore-system", Name: "inshore-webhook"}}
	downloads.Spec.Template.Spec.Containers = []corev1.Container{{Env: []corev1.EnvVar{{Name: "INSHORE_BUNDLE_URL", Value: "https://rules.example/b.tar.gz"}}}}
	for name, test := range map[string]struct {
		client *fake.Clientset
		own    bool
		loaded bool
		note   string
	}{
		"where there are none, the built-in ones judge":         {fake.NewClientset(), true, false, ""},
		"where a ConfigMap has some, they judge too":            {fake.NewClientset(rulesInstalled(t)), true, true, ""},
		"where they are not wanted, they do not":                {fake.NewClientset(rulesInstalled(t)), false, false, ""},
		"where they cannot be read, it is noted":                {fake.NewClientset(broken), true, false, "ConfigMap inshore-system/acme-rules holds no rules that can be read"},
		"where they may not be listed, it is noted":             {forbidden, true, false, "are not judged by"},
		"where the installation downloads a bundle, it is said": {fake.NewClientset(downloads), true, false, "https://rules.example/b.tar.gz"},
	} {
		t.Run(name, func(t *testing.T) {
			flags := &ruleFlags{sources: &[]string{}, namespace: "inshore-system", own: test.own}
			by, err := flags.read(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			facts := &audit.Facts{}
			if err := flags.join(t.Context(), test.client, by, facts); err != nil {
				t.Fatal(err)
			}
			if loaded := len(policy.Own(by.engine)) > 0; loaded != test.loaded {
				t.Errorf("rules of the installation are loaded: %t", loaded)
			}
			if noted := slices.ContainsFunc(facts.Notes, func(n string) bool { return test.note != "" && strings.Contains(n, test.note) }); noted != (test.note != "") {
				t.Errorf("notes are %q, want %q", facts.Notes, test.note)
			}
		})
	}
}
