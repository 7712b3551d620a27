# METADATA
# title: On the host's network two pods want the same ports
# description: |
#   With hostNetwork the pod has no network of its own: every port it listens on is the node's. The
#   scheduler treats each declared containerPort as a host port, so the surge pod is never placed while
#   the old one runs. Leaving the ports undeclared only moves the failure: the surge pod starts, cannot
#   bind, and crash-loops.
#
#   Many daemons use the host's network only to be reachable at a known address on every node. A
#   node-local Service gives them that without it. Those that must see the host's interfaces
#   (node-exporter, CNI plugins, node-local-dns) cannot surge and stay as they are.
# schemas:
#   - input: schema.daemonset
# custom:
#   id: ISH202
#   severity: error
#   kinds: [DaemonSet]
#   message: >-
#     {object} runs on the host's network, where old and new pod want the same ports: the surge pod
#     stays Pending, or cannot bind.
#   remedy: >-
#     Remove hostNetwork if it only served to be reachable on the node: the node-local Service does
#     that. A daemon that needs the host's interfaces cannot surge: opt it out with
#     inshore.dev/node-local: disabled.
#   since: v0.1.0
package inshore.rules.daemonset.host_network

import data.inshore.lib.intent
import data.inshore.lib.pod

violation contains {"field": "spec.template.spec.hostNetwork"} if {
	intent.opted_in
	pod.host_network
}
