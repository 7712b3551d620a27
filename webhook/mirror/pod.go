package mirror

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/inshore-dev/inshore/policies/input"
)

func projectTemplate(t *corev1.PodTemplateSpec) input.PodTemplate {
	return input.PodTemplate{
		Metadata: input.PodTemplateMetadata{Labels: t.Labels, Annotations: input.KeysOf(t.Annotations)},
		Spec: input.PodSpec{
			HostNetwork:                   t.Spec.HostNetwork,
			NodeSelector:                  t.Spec.NodeSelector,
			TerminationGracePeriodSeconds: t.Spec.TerminationGracePeriodSeconds,
			ReadinessGates: mapped(t.Spec.ReadinessGates, func(g *corev1.PodReadinessGate) input.ReadinessGate {
				return input.ReadinessGate{ConditionType: string(g.ConditionType)}
			}),
			InitContainers: mapped(t.Spec.InitContainers, projectContainer),
			Containers:     mapped(t.Spec.Containers, projectContainer),
			Volumes:        mapped(t.Spec.Volumes, projectVolume),
			Tolerations: mapped(t.Spec.Tolerations, func(o *corev1.Toleration) input.Toleration {
				return input.Toleration{Key: o.Key, Operator: string(o.Operator), Value: o.Value, Effect: string(o.Effect)}
			}),
			Affinity: projectAffinity(t.Spec.Affinity),
		},
	}
}

func projectContainer(c *corev1.Container) input.Container {
	p := input.Container{
		Name: c.Name,
		Ports: mapped(c.Ports, func(port *corev1.ContainerPort) input.ContainerPort {
			return input.ContainerPort{
				Name: port.Name, ContainerPort: port.ContainerPort, HostPort: port.HostPort, Protocol: string(port.Protocol),
			}
		}),
		VolumeMounts: mapped(c.VolumeMounts, func(m *corev1.VolumeMount) input.VolumeMount {
			return input.VolumeMount{Name: m.Name, MountPath: m.MountPath, ReadOnly: m.ReadOnly, SubPathExpr: m.SubPathExpr}
		}),
	}
	if c.RestartPolicy != nil {
		p.RestartPolicy = string(*c.RestartPolicy)
	}
	if c.ReadinessProbe != nil {
		p.ReadinessProbe = &input.Present{}
	}
	if c.StartupProbe != nil {
		p.StartupProbe = &input.Present{}
	}
	if c.Lifecycle != nil {
		p.Lifecycle = projectLifecycle(c.Lifecycle)
	}
	return p
}

func projectLifecycle(l *corev1.Lifecycle) *input.Lifecycle {
	p := &input.Lifecycle{}
	if l.PreStop != nil {
		p.PreStop = projectPreStop(l.PreStop)
	}
	if l.PostStart != nil {
		p.PostStart = &input.Present{}
	}
	if l.StopSignal != nil {
		p.StopSignal = string(*l.StopSignal)
	}
	return p
}

func projectPreStop(h *corev1.LifecycleHandler) *input.PreStop {
	p := &input.PreStop{}
	if h.Sleep != nil {
		p.Sleep = &input.Sleep{Seconds: h.Sleep.Seconds}
	}
	if h.Exec != nil {
		p.Exec = &input.Exec{Command: h.Exec.Command}
	}
	if h.HTTPGet != nil {
		p.HTTPGet = &input.Present{}
	}
	if h.TCPSocket != nil {
		p.TCPSocket = &input.Present{}
	}
	return p
}

func projectVolume(v *corev1.Volume) input.Volume {
	p := input.Volume{Name: v.Name}
	if v.HostPath != nil {
		p.HostPath = &input.HostPath{Path: v.HostPath.Path}
		if v.HostPath.Type != nil {
			p.HostPath.Type = string(*v.HostPath.Type)
		}
	}
	if claim := v.PersistentVolumeClaim; claim != nil {
		p.PersistentVolumeClaim = &input.Claim{ClaimName: claim.ClaimName, ReadOnly: claim.ReadOnly}
	}
	return p
}

// mapped is f of every element; nil for none, as omitempty decodes.
func mapped[T, P any](all []T, f func(*T) P) []P {
	if len(all) == 0 {
		return nil
	}
	projected := make([]P, len(all))
	for i := range all {
		projected[i] = f(&all[i])
	}
	return projected
}
