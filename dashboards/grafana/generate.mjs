// Writes the dashboards of this folder: `node generate.mjs [DIR]`, by default dashboards/ beside it.
//
// One rule for all: the datasource is a variable, units are Grafana's (never a division), every panel says
// what bad looks like, fault windows are annotations from byzlab_fault_active, links keep time and variables.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const datasource = { type: 'prometheus', uid: '${datasource}' };
const RUN = 'run=~"$run"';
const REPLICA = 'run=~"$run",replica=~"$replica"';

/// A panel before it has a place. `queries`: [expression, legend] pairs.
const panel = (type, title, unit, description, queries, more = {}) =>
  ({ type, title, unit, description, queries, ...more });
const lines = (...a) => panel('timeseries', ...a);
const number = (...a) => panel('stat', ...a);
const heat = (title, unit, description, metric) =>
  panel('heatmap', title, unit, description,
    [[`sum by (le) (rate(${metric}_bucket{${RUN}}[$window]))`, '{{le}}']], { format: 'heatmap' });
const quantiles = (title, description, metric) =>
  lines(title, 's', description, [0.5, 0.95, 0.99].map((q) =>
    [`histogram_quantile(${q}, sum by (run, le) (rate(${metric}_bucket{${RUN}}[$window])))`, `p${q * 100} {{run}}`]));
const rate = (metric, by, labels = RUN) => `sum by (${by}) (rate(${metric}{${labels}}[$window]))`;
const transactions = `max by (run) (rate(byzlab_consensus_committed_transactions_total{${RUN},replica!="all"}[$window]))`
  + ` or sum by (run) (rate(byzlab_consensus_committed_transactions_total{${RUN},replica="all"}[$window]))`
  + ` / on (run) sum by (run) (byzlab_replicas{${RUN}})`;
const heights = `sum by (run) (rate(byzlab_consensus_block_interval_seconds_count{${RUN}}[$window]))`;
const lag = `max by (run) (byzlab_consensus_height{${RUN}}) - on (run) group_right`
  + ` max by (run, replica) (byzlab_consensus_height{${REPLICA}})`;
const light = { thresholds: [['green', null], ['red', 1]] };

const overview = {
  file: '00-overview', title: 'byzlab: overview', rows: [
    ['Is it safe?', [
      number('Safety violations', 'short', 'Every conflicting commit counts. Anything but 0 is bad, unless the scenario is an attack that is meant to work.',
        [[`sum by (property) (byzlab_safety_violations_total{${RUN}})`, '{{property}}']], { ...light, width: 10 }),
      number('Byzantine replicas', 'short', 'How many misbehave now. Above the fault bound nothing is promised any more.',
        [[`byzlab_byzantine_replicas{${RUN}}`, 'Byzantine'], [`byzlab_consensus_fault_bound_replicas{${RUN}}`, 'fault bound f']], { width: 6 }),
      number('Expectations failed', 'short', 'Lines of the scenario that did not come true. Anything but 0 is bad.',
        [[`sum by (run) (byzlab_expectation_state{${RUN},state="fail"})`, 'failed']], { ...light, width: 4 }),
      number('Honest replicas accused', 'short', 'Must be 0 under every fault model.',
        [[`sum by (run) (byzlab_evidence_total{${RUN},accused="honest"})`, 'accused']], { ...light, width: 4 })]],
    ['What clients see: rate, errors, duration', [
      lines('Requests committed', 'reqps', 'Drops to 0 in a stall; a slope under constant load is saturation.',
        [[`sum by (run) (rate(byzlab_client_requests_total{${RUN},result="committed"}[$window]))`, '{{run}}']]),
      lines('Requests that came to nothing', 'reqps', 'Clients that waited longer than workload.timeout, without which they wait for ever. Bad outside of fault bands.',
        [[`sum by (run, result) (rate(byzlab_client_requests_total{${RUN},result!="committed"}[$window]))`, '{{result}}']]),
      quantiles('Client latency', 'A p99 far above p50 is a stall or a view change; all three rising is a queue.', 'byzlab_client_latency_seconds'),
      lines('Requests in flight', 'short', 'Grows without end when load exceeds what is committed.',
        [[`byzlab_client_inflight_requests{${RUN}}`, 'in flight'], [`max by (run) (byzlab_mempool_transactions{${RUN}})`, 'in the largest mempool']])]],
    ['Progress under faults', [
      lines('Height', 'short', 'A flat line is a stall: bad outside the fault bands. Lines that part are replicas left behind.',
        [[`byzlab_consensus_height{${REPLICA}}`, '{{replica}}']], { width: 12 }),
      panel('state-timeline', 'Faults', 'short', 'Which fault of the timeline is active. A stall that outlasts its band did not recover.',
        [[`byzlab_fault_active{${RUN}}`, '{{fault}} {{window}}']], { width: 12 }),
      lines('Replicas by state', 'short', 'Up must stay at a quorum or above for progress.',
        [[`byzlab_replicas{${RUN}}`, '{{state}}'], [`byzlab_consensus_quorum_replicas{${RUN}}`, 'quorum']], { stack: true }),
      lines('Transactions committed', 'ops', 'One log, as the fastest replica tells it. 0 is a stall.', [[transactions, '{{run}}']])]],
  ],
};

const safety = {
  file: '10-safety-and-forks', title: 'byzlab: safety and forks', rows: [
    ['Safety', [
      lines('Violations', 'short', 'A step is a violation. The report says whether the fault model allowed it.',
        [[`sum by (property) (byzlab_safety_violations_total{${RUN}})`, '{{property}}']]),
      lines('Evidence of equivocation', 'short', 'Proofs that somebody said two things. Against an honest replica: always bad.',
        [[`sum by (kind, accused) (byzlab_evidence_total{${RUN}})`, '{{kind}}, {{accused}}']]),
      panel('state-timeline', 'Expectations', 'short', 'Red from the moment one has failed.',
        [[`max by (expectation) (byzlab_expectation_state{${RUN},state="fail"})`, '{{expectation}}']]),
      lines('Expectations by state', 'short', 'All are pending until the run is over; inconclusive at the end means that nothing was shown.',
        [[`sum by (state) (byzlab_expectation_state{${RUN}})`, '{{state}}']], { stack: true })]],
    ['The bound', [
      lines('Byzantine replicas and the bound', 'short', 'Above the bound what breaks is expected; below it, it is a bug.',
        [[`byzlab_byzantine_replicas{${RUN}}`, 'Byzantine'], [`byzlab_consensus_fault_bound_replicas{${RUN}}`, 'fault bound f']]),
      lines('Byzantine share of the power', 'percentunit', 'A third breaks Byzantine agreement, a half breaks proof of work.',
        [[`byzlab_byzantine_power_ratio{${RUN}}`, '{{run}}']])]],
    ['Forks', [
      lines('Tips', 'short', 'Different best blocks among honest replicas. Above 1 for long: a partition, or a withheld chain.',
        [[`byzlab_chain_tips{${RUN}}`, '{{run}}']]),
      lines('Deepest reorganisation', 'short', 'Blocks that an honest replica abandoned at once. At the confirmation depth payments are undone.',
        [[`byzlab_chain_max_reorg_depth_blocks{${RUN}}`, '{{run}}']]),
      lines('Reorganisations', 'short', 'So far, by replica. Ordinary in proof of work, a violation where a commit is final.',
        [[`byzlab_chain_reorgs_total{${REPLICA}}`, '{{replica}}']]),
      heat('Depth of reorganisations', 'short', 'Bright cells at the top are deep: what had that many confirmations is gone.', 'byzlab_chain_reorg_depth_blocks'),
      lines('Chain quality', 'percentunit', 'Share of honest blocks in the chain. Below the honest share of the power somebody mines selfishly.',
        [[`byzlab_chain_quality_ratio{${RUN}}`, 'honest blocks'], [`1 - byzlab_byzantine_power_ratio{${RUN}}`, 'honest power']]),
      number('Orphaned blocks', 'short', 'Blocks the chain passed by, known at the end of the run. Many: the network is slow for the block interval, or somebody withholds.',
        [[`byzlab_chain_orphaned_blocks_total{${RUN}}`, '{{run}}']])]],
  ],
};

const consensus = {
  file: '20-consensus', title: 'byzlab: consensus', rows: [
    ['Heights', [
      lines('Height', 'short', 'Flat is stalled; lines that part are replicas left behind.', [[`byzlab_consensus_height{${REPLICA}}`, '{{replica}}']]),
      lines('Blocks behind the highest', 'short', 'A replica that stays above 0 cannot catch up.', [[lag, '{{replica}}']]),
      lines('Commits', 'ops', 'By replica. Uneven lines: somebody commits in bursts after fetching.',
        [[`sum by (replica) (rate(byzlab_consensus_commits_total{${REPLICA}}[$window]))`, '{{replica}}']]),
      lines('Since the last commit', 's', 'In simulated time. Above ten times the expected block interval without a fault: no progress.',
        [[`byzlab_sim_time_seconds{${RUN}} - on (run) max by (run) (byzlab_consensus_last_commit_sim_time_seconds{${RUN}})`, 'since the last commit'],
          [`10 * byzlab_consensus_expected_block_interval_seconds{${RUN}}`, 'ten expected block intervals']])]],
    ['Views', [
      lines('View', 'short', 'Climbs while leaders fail. Steps outside fault bands are timeouts that are too short.', [[`byzlab_consensus_view{${REPLICA}}`, '{{replica}}']]),
      lines('Views left, by reason', 'ops', 'Timeouts are bad in a steady run; rotation is the protocol at work.', [[rate('byzlab_consensus_view_changes_total', 'reason', REPLICA), '{{reason}}']]),
      lines('Timeouts', 'ops', 'Bursts follow a crashed leader; a steady rate means that the timeout is too short.', [[rate('byzlab_consensus_timeouts_total', 'replica, phase', REPLICA), '{{replica}} {{phase}}']]),
      panel('state-timeline', 'Leader', 'short', 'Who leads the highest view. The same replica again and again after its fault is a bad pacemaker.',
        [[`byzlab_consensus_is_leader{${REPLICA}}`, '{{replica}}']])]],
    ['Phases', [
      quantiles('Commit latency', 'Proposal to commit. A tail is a view change inside a block.', 'byzlab_consensus_commit_latency_seconds'),
      heat('Commit latency', 's', 'Two bands are two paths: a fast one, and one through a view change.', 'byzlab_consensus_commit_latency_seconds'),
      lines('Phases, 95th percentile', 's', 'The phase that grows is the one that waits for votes.',
        [[`histogram_quantile(0.95, sum by (phase, le) (rate(byzlab_consensus_phase_duration_seconds_bucket{${RUN}}[$window])))`, '{{phase}}']]),
      quantiles('Block interval', 'Long intervals are stalls; very short ones are blocks that waited for a height before them.', 'byzlab_consensus_block_interval_seconds'),
      lines('Proposals made', 'ops', 'By replica. A leader that proposes and is not committed has no quorum.', [[rate('byzlab_consensus_proposals_total', 'replica', `${REPLICA},result="made"`), '{{replica}}']])]],
    ['Judged on arrival', [
      lines('Proposals, by result', 'ops', 'Rejected: somebody breaks the rules. Late or early in a steady run: replicas in different views.',
        [[rate('byzlab_consensus_proposals_total', 'result', `${REPLICA},result!="made"`), '{{result}}']]),
      lines('Votes, by phase and result', 'ops', 'Late is normal: what comes after the quorum. Duplicates are messages said or delivered again; invalid is somebody who votes twice or against the rules.',
        [[rate('byzlab_consensus_votes_total', 'phase, result', REPLICA), '{{phase}} {{result}}']]),
      lines('Votes refused, by replica', 'ops', 'Duplicate, invalid and early ones. One replica alone is behind the others, or attacked.',
        [[rate('byzlab_consensus_votes_total', 'replica, result', `${REPLICA},result=~"duplicate|invalid|early"`), '{{replica}} {{result}}']])]],
  ],
};

const network = {
  file: '30-network', title: 'byzlab: network', rows: [
    ['Utilisation and saturation', [
      lines('Uplink utilisation', 'percentunit', 'Above 90 % latency is queueing. One line at the top: the leader carries it all.', [[`byzlab_network_link_utilization_ratio{${REPLICA}}`, '{{replica}}']]),
      lines('Uplink queue', 'bytes', 'What waits to leave. A ramp is an overload, a spike a large block.', [[`byzlab_network_queue_bytes{${REPLICA}}`, '{{replica}}']]),
      lines('Mempool', 'bytes', 'What has reached a replica and is not in its log. All ramp: load exceeds what is committed; one alone: that replica is left behind.', [[`byzlab_mempool_bytes{${REPLICA}}`, '{{replica}}']])]],
    ['Errors', [
      lines('Messages dropped, by reason', 'ops', 'loss is the network, partition and isolation are faults, unauthentic is somebody forging.', [[rate('byzlab_network_messages_dropped_total', 'reason'), '{{reason}}']], { width: 12 }),
      lines('Share of messages dropped', 'percentunit', 'Well above the configured loss outside of fault bands is wrong.',
        [[`${rate('byzlab_network_messages_dropped_total', 'run')} / on (run) (${rate('byzlab_network_messages_sent_total', 'run')} > 0)`, '{{run}}']], { width: 12 })]],
    ['Traffic', [
      lines('Messages sent, by type', 'ops', 'View-change messages in a steady run are bad; votes that grow with the square of n are the protocol.', [[rate('byzlab_network_messages_sent_total', 'type'), '{{type}}']], { stack: true }),
      lines('Bytes sent, by type', 'Bps', 'The type that dominates is what bandwidth is spent on.', [[rate('byzlab_network_sent_bytes_total', 'type'), '{{type}}']], { stack: true }),
      lines('Messages received, by type', 'ops', 'Far below what is sent: a partition or heavy loss.', [[rate('byzlab_network_messages_received_total', 'type'), '{{type}}']], { stack: true }),
      lines('Messages a commit', 'short', 'The protocol\'s cost: about 2n² for PBFT, 2n for HotStuff. Rises under faults.',
        [[`${rate('byzlab_network_messages_sent_total', 'run')} / on (run) (${heights} > 0)`, '{{run}}']])]],
    ['Delay (with --metrics-detail)', [
      lines('Delay between regions, 95th percentile', 's', 'Sending to delivery. Far above what the scenario says of a pair: a queue, a busy receiver, or an adversary that delays.',
        [[`histogram_quantile(0.95, sum by (region_from, region_to, le) (rate(byzlab_network_delay_seconds_bucket{${RUN}}[$window])))`, '{{region_from}} to {{region_to}}']], { width: 12 }),
      lines('Messages between regions', 'ops', 'A pair that goes to 0: cut off.',
        [[`sum by (region_from, region_to) (rate(byzlab_network_delay_seconds_count{${RUN}}[$window]))`, '{{region_from}} to {{region_to}}']], { width: 12 })]],
  ],
};

const compare = {
  file: '40-compare', title: 'byzlab: compare runs', manyRuns: true, rows: [
    ['Side by side', [
      panel('table', 'Runs', 'short', 'Which runs these are. Different seeds or sizes do not compare.',
        [[`byzlab_run_info{${RUN}}`, '']], { width: 24, instant: true }),
      lines('Transactions committed', 'ops', 'Higher is better at the same load; lines that end at 0 stalled.', [[transactions, '{{run}}']]),
      lines('Commit latency, 95th percentile', 's', 'Lower is better. A step marks a view change.',
        [[`histogram_quantile(0.95, sum by (run, le) (rate(byzlab_consensus_commit_latency_seconds_bucket{${RUN}}[$window])))`, '{{run}}']]),
      lines('Client latency, 95th percentile', 's', 'What users would feel. Lower is better.',
        [[`histogram_quantile(0.95, sum by (run, le) (rate(byzlab_client_latency_seconds_bucket{${RUN}}[$window])))`, '{{run}}']]),
      lines('Messages a commit', 'short', 'The price of a block. Lower is better.',
        [[`${rate('byzlab_network_messages_sent_total', 'run')} / on (run) (${heights} > 0)`, '{{run}}']]),
      lines('Bytes sent', 'Bps', 'What it costs in bandwidth.', [[rate('byzlab_network_sent_bytes_total', 'run'), '{{run}}']]),
      lines('Height', 'short', 'Same slope, same throughput in blocks; flat is stalled.', [[`max by (run) (byzlab_consensus_height{${RUN}})`, '{{run}}']]),
      lines('Views left by timeout', 'ops', 'Fewer is better.', [[`sum by (run) (rate(byzlab_consensus_view_changes_total{${RUN},reason="timeout"}[$window]))`, '{{run}}']]),
      lines('Safety violations', 'short', 'Any line above 0 loses the comparison, unless the attack was beyond its bound.', [[`sum by (run) (byzlab_safety_violations_total{${RUN}})`, '{{run}}']])]],
  ],
};

const simulator = {
  file: '90-simulator', title: 'byzlab: simulator', rows: [
    ['Speed', [
      lines('Simulated seconds a wall second', 'short', 'At --pace 1x it must stay at 1; below 0.9 what is scraped is slower than life.', [[`byzlab_sim_speed_ratio{${RUN}}`, '{{run}}']]),
      lines('Events', 'ops', 'Deliveries, timers and tasks a simulated second. A jump is a storm of messages.', [[`rate(byzlab_sim_events_total{${RUN}}[$window])`, '{{run}}']]),
      lines('Events planned', 'short', 'Grows without end when messages pile up: an overload, or a leak.', [[`byzlab_sim_pending_events{${RUN}}`, '{{run}}']]),
      number('Simulated time', 's', 'How far the run is. Standing still while a run is live: paused, or stuck.', [[`byzlab_sim_time_seconds{${RUN}}`, '{{run}}']])]],
    ['What replicas compute', [
      lines('Cryptographic operations', 'ops', 'What the replicas would do. Far more verifying than signing is a broadcast protocol; a jump is a view change or a flood.',
        [[rate('byzlab_crypto_operations_total', 'op'), '{{op}}']], { width: 12 }),
      lines('Virtual CPU of each replica', 'percentunit', 'Share of its time; 100 % is a replica that cannot keep up. 0 without protocol.costs.',
        [[`rate(byzlab_replica_cpu_seconds_total{${REPLICA}}[$window])`, '{{replica}}']], { width: 12 })]],
    ['What ran', [
      panel('table', 'Run', 'short', 'Scenario, seed, size and pace.', [[`byzlab_run_info{${RUN}}`, '']], { instant: true, width: 12 }),
      panel('table', 'Build', 'short', 'Which byzlab; a version that ends in -dirty cannot be had again.', [[`byzlab_build_info{${RUN}}`, '']], { instant: true, width: 12 }),
      number('Faults begun', 'short', 'Windows of the timeline that have begun so far.', [[`sum by (fault, action) (byzlab_fault_windows_total{${RUN}})`, '{{fault}}: {{action}}']], { width: 24 })]],
  ],
};

const all = [overview, safety, consensus, network, compare, simulator];

// ------------------------------------------------------------------------------------------------------------------
// Grafana's JSON

function panelJson(p, id, x, y) {
  const custom = { fillOpacity: p.stack ? 30 : 8, lineWidth: 2, showPoints: 'never', spanNulls: true };
  if (p.stack) custom.stacking = { mode: 'normal', group: 'A' };
  const steps = (p.thresholds ?? [['green', null]]).map(([color, value]) => ({ color, value }));
  const fieldConfig = { defaults: { unit: p.unit, thresholds: { mode: 'absolute', steps } }, overrides: [] };
  if (p.type === 'timeseries') fieldConfig.defaults.custom = custom;
  if (p.type === 'stat' || p.type === 'state-timeline')
    fieldConfig.defaults.color = { mode: 'thresholds' };
  if (p.type === 'state-timeline')
    fieldConfig.defaults.thresholds.steps = [{ color: 'transparent', value: null }, { color: 'orange', value: 1 }];
  const options = {
    timeseries: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
    stat: { colorMode: p.thresholds ? 'background' : 'value', graphMode: 'none', reduceOptions: { calcs: ['lastNotNull'] } },
    heatmap: { calculate: false, yAxis: { unit: p.unit }, color: { mode: 'scheme', scheme: 'Oranges', steps: 64 } },
    'state-timeline': { mergeValues: true, showValue: 'never', rowHeight: 0.8 },
    table: { showHeader: true },
  }[p.type];
  return {
    id, type: p.type, title: p.title, description: p.description, datasource,
    gridPos: { x, y, w: p.width, h: p.type === 'stat' ? 5 : 8 }, fieldConfig, options,
    targets: p.queries.map(([expr, legendFormat], i) => ({
      refId: String.fromCharCode(65 + i), datasource, expr, legendFormat,
      ...(p.format ? { format: p.format } : {}),
      ...(p.instant ? { instant: true, range: false, format: 'table' } : {}),
    })),
  };
}

function panelsJson(rows) {
  const panels = [];
  let id = 1, y = 0;
  for (const [title, list] of rows) {
    panels.push({ id: id++, type: 'row', title, collapsed: false, panels: [], gridPos: { x: 0, y: y++, w: 24, h: 1 } });
    let x = 0, tallest = 0;
    for (const raw of list) {
      const p = { ...raw, width: raw.width ?? (raw.type === 'stat' ? 6 : list.length % 3 === 0 ? 8 : 12) };
      if (x + p.width > 24) { y += tallest; x = 0; tallest = 0; }
      const made = panelJson(p, id++, x, y);
      panels.push(made);
      x += p.width;
      tallest = Math.max(tallest, made.gridPos.h);
    }
    y += tallest;
  }
  return panels;
}

const query = (name, label, definition, more) => ({
  name, label, type: 'query', datasource, definition, query: { query: definition, refId: name }, refresh: 2, sort: 1, ...more,
});

function dashboardJson(d) {
  const everything = { selected: true, text: 'All', value: '$__all' };
  const others = all.filter((o) => o !== d);
  return {
    uid: `byzlab-${d.file}`, title: d.title, tags: ['byzlab'], schemaVersion: 38, version: 1, editable: false,
    timezone: 'utc', refresh: '', time: { from: 'now-15m', to: 'now' }, graphTooltip: 1,
    links: others.map((o) => ({
      title: o.title.replace('byzlab: ', ''), type: 'link', url: `/d/byzlab-${o.file}`, keepTime: true, includeVars: true,
      icon: 'dashboard', tooltip: `${o.title}, same time and variables`, targetBlank: false, asDropdown: false, tags: [],
    })),
    annotations: {
      list: [{
        name: 'Faults', enable: true, iconColor: 'orange', datasource, expr: `byzlab_fault_active{${RUN}} == 1`,
        step: '1s', titleFormat: '{{fault}}', textFormat: 'window {{window}} of {{run}}', tagKeys: 'fault', useValueForTime: false,
      }],
    },
    templating: {
      list: [
        { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus', refresh: 1 },
        query('protocol', 'Protocol', 'label_values(byzlab_run_info, protocol)', { includeAll: true, multi: true, current: everything, allValue: '.*' }),
        query('run', 'Run', 'label_values(byzlab_run_info{protocol=~"$protocol"}, run)',
          d.manyRuns ? { includeAll: true, multi: true, current: everything } : { includeAll: false, multi: false }),
        query('replica', 'Replica', 'label_values(byzlab_consensus_height{run=~"$run"}, replica)',
          { includeAll: true, multi: true, current: everything, allValue: '.*' }),
        {
          name: 'window', label: 'Window of rates', type: 'interval', query: '5s,10s,30s,1m,5m,30m,1h,6h', auto: true,
          auto_count: 20, auto_min: '2s', refresh: 2, current: { text: 'auto', value: '$__auto_interval_window' },
        },
      ],
    },
    panels: panelsJson(d.rows),
  };
}

const folder = process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), 'dashboards');
mkdirSync(folder, { recursive: true });
for (const d of all) writeFileSync(join(folder, `${d.file}.json`), JSON.stringify(dashboardJson(d), null, 1) + '\n');
