// The views of a run, in the order of the tab bar. A new view is a file with mount() and a line here.
import * as latency from "./latency";
import * as network from "./network";
import * as overview from "./overview";
import * as quorum from "./quorum";
import * as spacetime from "./spacetime";
import * as timelines from "./timelines";
import * as topology from "./topology";
import * as tree from "./tree";
import type { ViewEntry } from "./view";

export const views: readonly ViewEntry[] = [
  { id: "overview", title: "Overview", mount: overview.mount },
  { id: "replicas", title: "Replicas", mount: timelines.mount },
  { id: "blocks", title: "Blocks", mount: tree.mount },
  { id: "spacetime", title: "Messages", mount: spacetime.mount },
  { id: "topology", title: "Topology", mount: topology.mount },
  { id: "quorum", title: "Quorums", mount: quorum.mount },
  { id: "latency", title: "Latency", mount: latency.mount },
  { id: "network", title: "Network", mount: network.mount },
];
