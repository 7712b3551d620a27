package mutate_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inshore-dev/inshore/api/v1alpha1"
)

// TestMeanwhile tells stories of one object: it is created as `from`, each step
// changes it by merging (as kubectl apply and edit do), and `want` is how it is
// stored after the last. Records are left out of want when it is still opted in.
func TestMeanwhile(t *testing.T) {
	const (
		svc      = "apiVersion: v1\nkind: Service\nmetadata: {annotations: {inshore.dev/node-local: required}}\n"
		ds       = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {annotations: {inshore.dev/node-local: required, inshore.dev/drain: 10s}}\n"
		optOut   = "metadata: {annotations: {inshore.dev/node-local: null}}"
		disable  = "metadata: {annotations: {inshore.dev/node-local: disabled}}"
		defaults = "updateStrategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}"
	)
	tests := map[string]struct {
		from  string
		steps []string
		want  string
	}{
		"opting out puts the default back": {
			from:  svc + "spec: {selector: {a: b}, internalTrafficPolicy: Cluster}",
			steps: []string{optOut},
			want:  "{apiVersion: v1, kind: Service, metadata: {}, spec: {selector: {a: b}, internalTrafficPolicy: Cluster}}",
		},
		"disabled puts the default back and keeps the word": {
			from:  svc + "spec: {selector: {a: b}, internalTrafficPolicy: Cluster}",
			steps: []string{disable},
			want:  "{apiVersion: v1, kind: Service, metadata: {annotations: {inshore.dev/node-local: disabled}}, spec: {selector: {a: b}, internalTrafficPolicy: Cluster}}",
		},
		"a distribution that the user changes while opted in is put back as they last wrote it": {
			from: "apiVersion: v1\nkind: Service\nmetadata: {annotations: {inshore.dev/node-local: preferred}}\n" +
				"spec: {selector: {a: b}, trafficDistribution: PreferClose}",
			steps: []string{"spec: {trafficDistribution: PreferSameZone}", optOut},
			want:  "{apiVersion: v1, kind: Service, metadata: {}, spec: {selector: {a: b}, trafficDistribution: PreferSameZone}}",
		},
		"a label that the user changes while opted in is put back as they last wrote it": {
			from:  svc + "spec: {selector: {a: b}, internalTrafficPolicy: Cluster}",
			steps: []string{"metadata: {labels: {inshore.dev/node-local: theirs}}", optOut},
			want:  "{apiVersion: v1, kind: Service, metadata: {labels: {inshore.dev/node-local: theirs}}, spec: {selector: {a: b}, internalTrafficPolicy: Cluster}}",
		},
		"a Service that becomes an ExternalName gets its policy back": {
			from:  svc + "spec: {selector: {a: b}, internalTrafficPolicy: Cluster}",
			steps: []string{"spec: {type: ExternalName}"},
			want:  "{apiVersion: v1, kind: Service, metadata: {annotations: {inshore.dev/node-local: required}}, spec: {type: ExternalName, selector: {a: b}, internalTrafficPolicy: Cluster}}",
		},
		"a Service that becomes a ClusterIP keeps externalTrafficPolicy, which the API server then drops": {
			from: "apiVersion: v1\nkind: Service\nmetadata: {annotations: {inshore.dev/node-local: required, inshore.dev/external-traffic: local}}\n" +
				"spec: {type: NodePort, selector: {a: b}, internalTrafficPolicy: Local, externalTrafficPolicy: Cluster}",
			steps: []string{"spec: {type: ClusterIP}", optOut},
			want: "{apiVersion: v1, kind: Service, metadata: {annotations: {inshore.dev/external-traffic: local}}, " +
				"spec: {type: ClusterIP, selector: {a: b}, internalTrafficPolicy: Local, externalTrafficPolicy: Local}}",
		},
		"required, preferred, disabled, gone": {
			from: svc + "spec: {selector: {a: b}, internalTrafficPolicy: Cluster, trafficDistribution: PreferClose}",
			steps: []string{
				"metadata: {annotations: {inshore.dev/node-local: preferred}}", disable, optOut,
			},
			want: "{apiVersion: v1, kind: Service, metadata: {}, spec: {selector: {a: b}, internalTrafficPolicy: Cluster, trafficDistribution: PreferClose}}",
		},
		"a surge that the user changes while opted in leaves only it other than zero": {
			from:  ds + "spec: {" + defaults + ", template: {spec: {terminationGracePeriodSeconds: 60, containers: [{name: mc, lifecycle: {preStop: {exec: {}}}}]}}}",
			steps: []string{"spec: {updateStrategy: {rollingUpdate: {maxSurge: 3}}}", optOut},
			want: "{apiVersion: apps/v1, kind: DaemonSet, metadata: {annotations: {inshore.dev/drain: 10s}}, spec: {updateStrategy: {type: RollingUpdate, " +
				"rollingUpdate: {maxSurge: 3, maxUnavailable: 0}}, template: {spec: {terminationGracePeriodSeconds: 60, containers: [{name: mc, lifecycle: {preStop: {exec: {}}}}]}}}}",
		},
		"an unavailable that the user changes while opted in leaves only it other than zero": {
			from: ds + "spec: {updateStrategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 2, maxUnavailable: 0}}, " +
				"template: {spec: {terminationGracePeriodSeconds: 60, containers: [{name: mc, lifecycle: {preStop: {exec: {}}}}]}}}",
			steps: []string{"spec: {updateStrategy: {rollingUpdate: {maxUnavailable: 2}}}", optOut},
			want: "{apiVersion: apps/v1, kind: DaemonSet, metadata: {annotations: {inshore.dev/drain: 10s}}, spec: {updateStrategy: {type: RollingUpdate, " +
				"rollingUpdate: {maxSurge: 0, maxUnavailable: 2}}, template: {spec: {terminationGracePeriodSeconds: 60, containers: [{name: mc, lifecycle: {preStop: {exec: {}}}}]}}}}",
		},
		"a pair of zeros that the user leaves behind gets Kubernetes' default": {
			from: ds + "spec: {updateStrategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 2, maxUnavailable: 0}}, " +
				"template: {spec: {terminationGracePeriodSeconds: 60, containers: [{name: mc, lifecycle: {preStop: {exec: {}}}}]}}}",
			steps: []string{"spec: {updateStrategy: {rollingUpdate: {maxSurge: 0}}}", optOut},
			want: "{apiVersion: apps/v1, kind: DaemonSet, metadata: {annotations: {inshore.dev/drain: 10s}}, spec: {updateStrategy: {type: RollingUpdate, " +
				"rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}, template: {spec: {terminationGracePeriodSeconds: 60, containers: [{name: mc, lifecycle: {preStop: {exec: {}}}}]}}}}",
		},
		"a hostPort that comes later takes the surge back, which could not be scheduled": {
			from:  ds + "spec: {" + defaults + ", template: {spec: {terminationGracePeriodSeconds: 30, containers: [{name: mc}]}}}",
			steps: []string{"spec: {template: {spec: {containers: [{name: mc, ports: [{hostPort: 1}], lifecycle: {preStop: {sleep: {seconds: 10}}}}]}}}"},
			want: "{apiVersion: apps/v1, kind: DaemonSet, metadata: {annotations: {inshore.dev/node-local: required, inshore.dev/drain: 10s}}, " +
				"spec: {" + defaults + ", template: {spec: {terminationGracePeriodSeconds: 30, containers: [{name: mc, ports: [{hostPort: 1}]}]}}}}",
		},
		"a switch to OnDelete stays, and the pair goes back": {
			from:  ds + "spec: {" + defaults + ", template: {spec: {terminationGracePeriodSeconds: 60, containers: [{name: mc, lifecycle: {preStop: {exec: {}}}}]}}}",
			steps: []string{"spec: {updateStrategy: {type: OnDelete}}"},
			want: "{apiVersion: apps/v1, kind: DaemonSet, metadata: {annotations: {inshore.dev/node-local: required, inshore.dev/drain: 10s}}, " +
				"spec: {updateStrategy: {type: OnDelete, rollingUpdate: {maxSurge: 0, maxUnavailable: 1}}, template: {spec: {terminationGracePeriodSeconds: 60, containers: [{name: mc, lifecycle: {preStop: {exec: {}}}}]}}}}",
		},
		"containers may be reordered, added and removed": {
			from: ds + "spec: {template: {spec: {terminationGracePeriodSeconds: 60, containers: [{name: a}, {name: b, lifecycle: {}}, {name: gone}]}}}",
			steps: []string{
				"spec: {template: {spec: {containers: [{name: new}, {name: b, lifecycle: {preStop: {sleep: {seconds: 10}}}}, {name: a, lifecycle: {preStop: {sleep: {seconds: 10}}}}]}}}",
				optOut,
			},
			want: "{apiVersion: apps/v1, kind: DaemonSet, metadata: {annotations: {inshore.dev/drain: 10s}}, " +
				"spec: {template: {spec: {terminationGracePeriodSeconds: 60, containers: [{name: new}, {name: b, lifecycle: {}}, {name: a}]}}}}",
		},
		"a container that is renamed in an editor keeps the sleep as its own": {
			from:  ds + "spec: {template: {spec: {terminationGracePeriodSeconds: 60, containers: [{name: a}]}}}",
			steps: []string{"spec: {template: {spec: {containers: [{name: b, lifecycle: {preStop: {sleep: {seconds: 10}}}}]}}}", optOut},
			want: "{apiVersion: apps/v1, kind: DaemonSet, metadata: {annotations: {inshore.dev/drain: 10s}}, " +
				"spec: {template: {spec: {terminationGracePeriodSeconds: 60, containers: [{name: b, lifecycle: {preStop: {sleep: {seconds: 10}}}}]}}}}",
		},
		"a postStart that comes later stays when our sleep goes": {
			from: ds + "spec: {template: {spec: {terminationGracePeriodSeconds: 60, containers: [{name: a}]}}}",
			steps: []string{
				"spec: {template: {spec: {containers: [{name: a, lifecycle: {postStart: {exec: {}}, preStop: {sleep: {seconds: 10}}}}]}}}", optOut,
			},
			want: "{apiVersion: apps/v1, kind: DaemonSet, metadata: {annotations: {inshore.dev/drain: 10s}}, " +
				"spec: {template: {spec: {terminationGracePeriodSeconds: 60, containers: [{name: a, lifecycle: {postStart: {exec: {}}}}]}}}}",
		},
		"a sleep that the user lengthens is theirs, and the grace period goes on covering it": {
			from: ds + "spec: {template: {spec: {terminationGracePeriodSeconds: 20, containers: [{name: a}]}}}",
			steps: []string{
				"spec: {template: {spec: {containers: [{name: a, lifecycle: {preStop: {sleep: {seconds: 35}}}}]}}}", optOut,
			},
			want: "{apiVersion: apps/v1, kind: DaemonSet, metadata: {annotations: {inshore.dev/drain: 10s}}, " +
				"spec: {template: {spec: {terminationGracePeriodSeconds: 40, containers: [{name: a, lifecycle: {preStop: {sleep: {seconds: 35}}}}]}}}}",
		},
		"a drain that changes is changed in place and still goes": {
			from:  ds + "spec: {template: {spec: {terminationGracePeriodSeconds: 30, containers: [{name: a}]}}}",
			steps: []string{"metadata: {annotations: {inshore.dev/drain: 50s}}", "metadata: {annotations: {inshore.dev/drain: null}}", optOut},
			want:  "{apiVersion: apps/v1, kind: DaemonSet, metadata: {}, spec: {template: {spec: {terminationGracePeriodSeconds: 30, containers: [{name: a}]}}}}",
		},
		"a gate that the user adds beside ours stays": {
			from: "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {annotations: {inshore.dev/node-local: required, inshore.dev/readiness-gate: agent}}\n" +
				"spec: {template: {spec: {containers: [{name: mc, lifecycle: {preStop: {exec: {}}}}]}}}",
			steps: []string{
				"spec: {template: {spec: {readinessGates: [{conditionType: inshore.dev/routed}, {conditionType: a/b}]}}}",
				"metadata: {annotations: {inshore.dev/readiness-gate: null, inshore.dev/node-local: null}}",
			},
			want: "{apiVersion: apps/v1, kind: DaemonSet, metadata: {}, spec: {template: {spec: {readinessGates: [{conditionType: a/b}], containers: [{name: mc, lifecycle: {preStop: {exec: {}}}}]}}}}",
		},
		"a record that the user deletes is written again": {
			from:  svc + "spec: {selector: {a: b}, internalTrafficPolicy: Cluster}",
			steps: []string{"metadata: {annotations: {inshore.dev/previous: null}}", optOut},
			want:  "{apiVersion: v1, kind: Service, metadata: {}, spec: {selector: {a: b}, internalTrafficPolicy: Cluster}}",
		},
		"a record that the user deletes while opting out is used all the same": {
			from:  svc + "spec: {selector: {a: b}, internalTrafficPolicy: Cluster}",
			steps: []string{"metadata: {annotations: {inshore.dev/previous: null, inshore.dev/node-local: null}}"},
			want:  "{apiVersion: v1, kind: Service, metadata: {}, spec: {selector: {a: b}, internalTrafficPolicy: Cluster}}",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			live := admit(t, fromYAML(t, test.from), nil, kubernetes)
			for _, step := range test.steps {
				live = admit(t, prune(merge(clone(t, live), fromYAML(t, step))), live, kubernetes)
			}
			want := fromYAML(t, test.want)
			if diff := cmp.Diff(string(encode(t, want)), string(encode(t, live))); diff != "" {
				t.Errorf("(-want +live):\n%s", diff)
			}
		})
	}
}

// merge is a JSON merge patch (RFC 7386).
func merge(into, patch object) object {
	for key, value := range patch {
		switch value := value.(type) {
		case nil:
			delete(into, key)
		case object:
			into[key] = merge(child(into, key), value)
		default:
			into[key] = value
		}
	}
	return into
}

// prune drops maps of metadata that became empty, as an API server does.
func prune(o object) object {
	metadata := child(o, "metadata")
	for _, key := range []string{"labels", "annotations"} {
		if m, ok := metadata[key].(object); ok && len(m) == 0 {
			delete(metadata, key)
		}
	}
	return o
}

func TestWarnsOfARolloutOnlyWhenThereIsOne(t *testing.T) {
	const (
		strategy = "{type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}"
		pod      = "terminationGracePeriodSeconds: 30, containers: [{name: mc}]"
		words    = "inshore.dev/node-local: required, inshore.dev/drain: 15s, inshore.dev/readiness-gate: agent"
		rollout  = "this starts one rollout of the DaemonSet, because the pod template changes: "
	)
	plain := daemonSet(t, "", strategy, pod)
	optedIn := daemonSet(t, words, strategy, pod)
	stored := admit(t, optedIn, nil, kubernetes)
	tests := map[string]struct {
		sent, stored object
		want         []string
	}{
		"creating starts the pods for the first time":                        {sent: optedIn},
		"opting in changes the template":                                     {sent: optedIn, stored: plain, want: []string{rollout + "lifecycle.preStop, readinessGates, terminationGracePeriodSeconds"}},
		"sending back what is stored changes nothing":                        {sent: stored, stored: stored},
		"a replace that drops our fields gets them back before anybody sees": {sent: optedIn, stored: stored},
		"opting in without drain and gate leaves the template alone": {
			sent: daemonSet(t, "inshore.dev/node-local: required", "", pod), stored: plain,
		},
		"opting out changes the template": {
			sent: annotate(clone(t, stored), noWords()), stored: stored,
			want: []string{rollout + "lifecycle.preStop, readinessGates, terminationGracePeriodSeconds"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := judge(t, test.sent, test.stored, v1alpha1.Platform{})
			if diff := cmp.Diff(test.want, got.warnings); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWarnsOfASurgeThatGivesWayOnce(t *testing.T) {
	sent := daemonSet(t, "inshore.dev/node-local: required", "{type: RollingUpdate, rollingUpdate: {maxSurge: 3, maxUnavailable: 0}}", "containers: [{name: mc}]")
	if first := judge(t, sent, nil, kubernetes); len(first.warnings) != 1 {
		t.Errorf("on creation: %q, want one warning", first.warnings)
	}
	stored := admit(t, sent, nil, kubernetes)
	if again := judge(t, stored, stored, kubernetes); len(again.warnings) != 0 {
		t.Errorf("when nothing changes: %q, want none", again.warnings)
	}
}
