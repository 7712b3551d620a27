package inshore.rules.service.external_traffic_test

import data.inshore.rules.service.external_traffic

_local(spec) := {
	"intent": {"nodeLocal": "required", "externalTraffic": "local"},
	"object": {"spec": object.union({"selector": {"app": "a"}}, spec)},
}

test_a_cluster_ip_service_takes_no_external_traffic if {
	every spec in [{"type": "ClusterIP"}, {}] {
		external_traffic.violation == {{
			"field": "metadata.annotations[inshore.dev/external-traffic]",
			"values": {"type": "ClusterIP"},
		}} with input as _local(spec)
	}
}

test_node_port_and_load_balancer_take_it if {
	every type in ["NodePort", "LoadBalancer"] {
		count(external_traffic.violation) == 0 with input as _local({"type": type})
	}
}

test_headless_and_external_name_have_findings_of_their_own if {
	every spec in [{"clusterIP": "None"}, {"type": "ExternalName"}] {
		count(external_traffic.violation) == 0 with input as _local(spec)
	}
}

test_without_the_annotation_any_type_is_fine if {
	doc := object.union(_local({}), {"intent": {"externalTraffic": ""}})
	count(external_traffic.violation) == 0 with input as doc
}

test_without_opting_in_it_asks_for_nothing if {
	every node_local in ["", "disabled"] {
		doc := object.union(_local({}), {"intent": {"nodeLocal": node_local}})
		count(external_traffic.violation) == 0 with input as doc
	}
}
