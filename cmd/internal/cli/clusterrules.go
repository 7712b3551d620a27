package cli

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/inshore-dev/inshore/api/v1alpha1"
	"github.com/inshore-dev/inshore/cmd/internal/audit"
	"github.com/inshore-dev/inshore/policies"
	"github.com/inshore-dev/inshore/policies/bundle"
	"github.com/inshore-dev/inshore/webhook/bundles"
)

// ruleFlags say what a command that looks at a cluster judges by.
type ruleFlags struct {
	sources   *[]string
	namespace string
	own       bool
}

func addRuleFlags(command *cobra.Command) *ruleFlags {
	f := &ruleFlags{sources: addPolicyFlag(command)}
	command.Flags().StringVar(&f.namespace, "webhook-namespace", "inshore-system", "the namespace whose ConfigMaps hold the installation's rules")
	command.Flags().BoolVar(&f.own, "cluster-rules", true, "judge by the rules in the installation's ConfigMaps as well")
	return f
}

// judgedBy are the rules of a command that looks at a cluster.
type judgedBy struct {
	engine *policies.Engine
	// policies are the NodeLocalPolicies of --policy, whose exceptions apply.
	policies []*v1alpha1.NodeLocalPolicy
	sources  []fs.FS
}

// read loads what the command line names, before anybody waits for a cluster.
func (f *ruleFlags) read(ctx context.Context) (*judgedBy, error) {
	engine, all, err := loadPolicies(ctx, *f.sources)
	if err != nil {
		return nil, err
	}
	sources, _, err := readSources(ctx, *f.sources)
	if err != nil {
		return nil, err
	}
	return &judgedBy{engine, all, sources}, nil
}

// join adds the rules that the installation has in ConfigMaps. What cannot be seen
// of them is noted among the facts.
func (f *ruleFlags) join(ctx context.Context, client kubernetes.Interface, by *judgedBy, facts *audit.Facts) error {
	if !f.own {
		return nil
	}
	installed, notes, err := installedRules(ctx, client, f.namespace)
	facts.Notes = append(facts.Notes, notes...)
	if err != nil || len(installed) == 0 {
		return err
	}
	engine, err := policies.New(policies.Config{Bundles: append(by.sources, installed...)})
	if err != nil {
		return fmt.Errorf("loading the rules, with those of the ConfigMaps in %s (--cluster-rules=false leaves them out): %w", f.namespace, err)
	}
	by.engine = engine
	return nil
}

// installedRules are those of the ConfigMaps that the webhook watches. The error
// is that the API server does not answer.
func installedRules(ctx context.Context, client kubernetes.Interface, namespace string) (found []fs.FS, notes []string, err error) {
	list, err := client.CoreV1().ConfigMaps(namespace).List(ctx, metav1.ListOptions{LabelSelector: bundles.Selector().String()})
	switch {
	case apierrors.IsForbidden(err):
		notes = append(notes, fmt.Sprintf("listing ConfigMaps of namespace %s: %v: rules of your own that the installation has there are not judged by", namespace, err))
	case err != nil:
		return nil, nil, fmt.Errorf("listing ConfigMaps of namespace %s: %w", namespace, err)
	default:
		for i := range list.Items {
			configMap := &list.Items[i]
			files, err := filesOf(configMap)
			if err != nil {
				notes = append(notes, fmt.Sprintf("ConfigMap %s/%s holds no rules that can be read, and is not judged by: %v", namespace, configMap.Name, err))
				continue
			}
			found = append(found, policies.Named("configmap/"+configMap.Name, files))
		}
	}
	deployment, err := client.AppsV1().Deployments(namespace).Get(ctx, "inshore-webhook", metav1.GetOptions{})
	if err == nil {
		if url := bundleURL(deployment.Spec.Template.Spec.Containers); url != "" {
			notes = append(notes, fmt.Sprintf("the installation loads rules from %s as well, which this command does not: give them with --policy", url))
		}
	}
	return found, notes, nil
}

func filesOf(configMap *corev1.ConfigMap) (fs.FS, error) {
	made, err := bundle.New(configMap.Data)
	if err != nil {
		return nil, err
	}
	return made.FS()
}

// bundleURL is where the webhook downloads a bundle from; empty if nowhere.
func bundleURL(containers []corev1.Container) string {
	for i := range containers {
		for _, env := range containers[i].Env {
			if env.Name == "INSHORE_BUNDLE_URL" && env.Value != "" {
				return env.Value
			}
		}
		arguments := slices.Concat(containers[i].Command, containers[i].Args)
		for n, argument := range arguments {
			if url, is := strings.CutPrefix(argument, "--bundle-url="); is {
				return url
			}
			if argument == "--bundle-url" && n+1 < len(arguments) {
				return arguments[n+1]
			}
		}
	}
	return ""
}
