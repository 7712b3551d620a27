package monitoring

// agentAlerts are those about the node agent.
var agentAlerts = map[string]behaviour{
	"InshoreAgentsAbsent": {
		after: 12,
		fires: []string{`up{job="inshore-webhook"} 1x60`},
		quiet: []string{`up{job="inshore-agent",node="n"} 0x60`},
	},
	"InshoreAgentDown": {
		after: 7,
		fires: []string{`up{job="inshore-agent",node="n"} 0x60`},
		quiet: []string{`up{job="inshore-agent",node="n"} 0x3 1x60`},
	},
	"InshoreAgentStale": {
		after: 7,
		fires: []string{`inshore_agent_deadline_stale_agents{pod="a"} 2x60`},
		quiet: []string{`inshore_agent_deadline_stale_agents{pod="a"} 2x3 0x60`},
	},
	"InshoreGateDeadlineOpened": {
		after: 10,
		fires: []string{`inshore_agent_deadline_gates_opened_total{pod="a"} 0x5 1x60`},
		quiet: []string{`inshore_agent_deadline_gates_opened_total{pod="a"} 4x60`},
	},
	"InshoreAgentCanaryFailing": {
		after: 5,
		fires: []string{`inshore_agent_canary_ok{node="n"} 0x60`},
		quiet: []string{`inshore_agent_canary_ok{node="n"} 0x2 1x60`},
	},
	"InshoreAgentTableNotApplied": {
		after: 20,
		fires: []string{`inshore_agent_update_errors_total{node="n"} 0+1x60`},
		quiet: []string{`inshore_agent_update_errors_total{node="n"} 0 1x60`},
	},
	"InshoreAgentRenewalFailing": {
		after: 10,
		fires: []string{`inshore_agent_renew_failures_total{node="n"} 0x5 1x60`},
		quiet: []string{`inshore_agent_renew_failures_total{node="n"} 0x60`},
	},
	"InshoreAgentFull": {
		after: 12,
		fires: []string{`inshore_agent_frontends{node="n"} 950x60`, `inshore_agent_frontends_capacity{node="n"} 1000x60`},
		// A capacity of 0 is no bound.
		quiet: []string{
			`inshore_agent_frontends{node="n"} 950x60`, `inshore_agent_frontends_capacity{node="n"} 0x60`, `inshore_agent_frontends_without_room{node="n"} 0x60`,
			`inshore_agent_frontends{node="m"} 10x60`, `inshore_agent_frontends_capacity{node="m"} 1000x60`,
		},
	},
	"InshoreAgentEBPFGivenUp": {
		after: 17,
		fires: []string{`inshore_agent_ebpf_given_up{node="n"} 1x60`},
		quiet: []string{`inshore_agent_ebpf_given_up{node="n"} 0x60`},
	},
	"InshoreAgentGatesFailing": {
		after: 20,
		fires: []string{`inshore_agent_gate_patches_total{node="n",outcome="refused"} 0+1x60`},
		quiet: []string{`inshore_agent_gate_patches_total{node="n",outcome="opened"} 0+9x60`, `inshore_agent_gate_patches_total{node="n",outcome="gone"} 0+1x60`},
	},
	"InshoreAgentGatesWaiting": {
		after: 20,
		fires: []string{`inshore_agent_gate_pending{node="n"} 3x60`},
		// A rollout keeps gates busy, but not the same ones all the time.
		quiet: []string{`inshore_agent_gate_pending{node="n"} 1 0 1 1 0 1 1 0 1 1 0 1 1 0 1 1 0 1 1 0 1`},
	},
	"InshoreAgentAPIErrors": {
		after: 30,
		fires: []string{`inshore_agent_api_requests_total{node="n",method="GET",code="none"} 0+10x60`},
		quiet: []string{`inshore_agent_api_requests_total{node="n",method="GET",code="200"} 0+90x60`, `inshore_agent_api_requests_total{node="n",method="PATCH",code="409"} 0+90x60`},
	},
	"InshoreCallsRefused": {
		after: 20,
		fires: []string{`inshore_agent_connections_total{node="n",namespace="core",service="cache",result="refused"} 0+60x60`},
		quiet: []string{`inshore_agent_connections_total{node="n",namespace="core",service="cache",result="local"} 0+60x60`, `inshore_agent_connections_total{node="n",namespace="core",service="cache",result="refused"} 9x60`},
	},
	"InshoreCallsLeaveNode": {
		after: 30,
		fires: []string{`inshore_agent_connections_total{node="n",namespace="core",service="cache",result="fallback"} 0+20x60`, `inshore_agent_connections_total{node="n",namespace="core",service="cache",result="local"} 0+80x60`},
		quiet: []string{`inshore_agent_connections_total{node="n",namespace="core",service="cache",result="fallback"} 0+5x60`, `inshore_agent_connections_total{node="n",namespace="core",service="cache",result="local"} 0+95x60`},
	},
}
