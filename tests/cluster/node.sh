# A whole node for tests/cluster/up, which sources this: scheduler, kubelet with
# containerd and runc, kube-proxy, and a network of its own. All of it lives in
# namespaces (network, mounts, processes) that end with the command: no port
# collides, nothing leaves the machine, nothing stays on its disk.

node_address=10.250.0.1 # Of the node; only inside its own network.
pod_network=10.244.0.0/16
pause_image=tenure.test/pause:1
node_packages=(containerd runc containernetworking-plugins nftables conntrack iproute2 util-linux)
audit_megabytes=2000 # In one file: who looks for something need not know of others.
cgroup="tenure-node-$$"
containerd_pid=
kubelet_pid=
scheduler_pid=
proxy_pid=

# Says why this machine can have no node, and ends with code 3.
no_node() {
    say "tests/cluster/up: no node: $*"
    exit 3
}

# What a node needs of the machine, from Debian if it is missing.
prepare_node() {
    local program missing=
    [[ "$(id -u)" == 0 ]] || no_node "only root can make one"
    for program in containerd runc nft conntrack ip unshare; do
        command -v "$program" >/dev/null || missing=yes
    done
    [[ -x /usr/lib/cni/ptp ]] || missing=yes
    if [[ -n "$missing" ]]; then
        command -v apt-get >/dev/null || no_node "containerd, runc or others are missing and there is no apt-get"
        say "installing ${node_packages[*]}"
        { apt-get -qq update && DEBIAN_FRONTEND=noninteractive \
            apt-get -qq -y install --no-install-recommends "${node_packages[@]}"; } >/dev/null ||
            no_node "apt-get could not install ${node_packages[*]}"
    fi
    unshare --net --mount --pid --fork --mount-proc true || no_node "this machine lets nobody make namespaces"
}

# Runs this script again inside new namespaces, and takes away what outlives
# them. The arguments are those of the script.
in_namespaces() {
    local status=0 inside
    # --kill-child: nothing inside outlives this script, whatever ends it.
    unshare --net --mount --pid --fork --kill-child --mount-proc --propagation private -- \
        env TENURE_CLUSTER_INSIDE="$cgroup" "$here/up" "$@" <&0 &
    inside=$!
    # The one inside ends its command and its servers in order.
    trap 'kill -TERM $(cat /proc/'"$inside"'/task/'"$inside"'/children) 2>/dev/null || true' INT TERM HUP
    while true; do
        status=0
        wait "$inside" || status=$?
        kill -0 "$inside" 2>/dev/null || break
    done
    find /sys/fs/cgroup -depth -type d -path "*/$cgroup*" -exec rmdir {} + 2>/dev/null || true
    exit "$status"
}

# The network that the node and its pods live in, and folders that vanish.
start_network() {
    local folder
    cgroup="$TENURE_CLUSTER_INSIDE"
    ip link set lo up
    ip link add node0 type bridge
    ip address add "$node_address/32" dev node0
    ip link set node0 up
    # Service addresses need a route before kube-proxy can turn them.
    ip route add default dev node0
    echo 1 >/proc/sys/net/ipv4/ip_forward
    # Where the parts insist on a place of their own.
    for folder in /run /var/log /var/lib/cni /var/lib/kubelet; do
        mkdir -p -- "$folder"
        mount -t tmpfs tmpfs "$folder"
    done
    mkdir -- "$directory/node"
    mount -t tmpfs tmpfs "$directory/node"
    for folder in /sys/fs/cgroup /sys/fs/cgroup/*; do
        # Version 2 has one tree, version 1 one a controller.
        if [[ -e "$folder/cgroup.procs" && ! -L "$folder" ]]; then mkdir -p -- "$folder/$cgroup"; fi
    done
}

# The parts of a node are who they are in every cluster: admission and rights
# look at that.
write_node_tokens() {
    kubelet_token=$(random_token)
    scheduler_token=$(random_token)
    proxy_token=$(random_token)
    cat >>"$directory/tokens.csv" <<END
$kubelet_token,system:node:node,kubelet,"system:nodes"
$scheduler_token,system:kube-scheduler,scheduler
$proxy_token,system:kube-proxy,proxy
END
}

# Who wrote what of Tenure's kinds: a pod's requests have its name. The command's
# own are left out.
write_audit_policy() {
    cat >"$directory/audit.yaml" <<END
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- {level: None, users: [admin]}
- level: Metadata
  verbs: [create, update, patch, delete, deletecollection]
  resources: [{group: tenure.dev}]
END
}

write_node_files() {
    local node="$directory/node"
    mkdir -- "$node/cni"
    # Every packet between pods is routed, not bridged: else the answer of a Service that is a pod of this node would
    # take a way on which nobody turns its address back.
    cat >"$node/cni/10-pods.conflist" <<END
{"cniVersion": "0.4.0", "name": "pods", "plugins": [
  {"type": "ptp", "ipMasq": false,
   "ipam": {"type": "host-local", "ranges": [[{"subnet": "$pod_network"}]], "routes": [{"dst": "0.0.0.0/0"}], "dataDir": "$node/addresses"}}]}
END
    cat >"$node/containerd.toml" <<END
version = 2
root = "$node/containerd"
state = "/run/containerd"
disabled_plugins = ["io.containerd.internal.v1.opt"]
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$pause_image"
  # Not every machine lets root lower a score.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$node/cni"
END
    cat >"$node/kubelet.yaml" <<END
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
# Nobody else is in this network.
authentication: {anonymous: {enabled: true}, webhook: {enabled: false}}
authorization: {mode: AlwaysAllow}
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
cgroupDriver: cgroupfs
cgroupRoot: /$cgroup
failCgroupV1: false
failSwapOn: false
localStorageCapacityIsolation: false
podLogsDir: $node/logs
resolvConf: ""
clusterDomain: cluster.local
maxPods: 250
registryPullQPS: 0
crashLoopBackOff: {maxContainerRestartPeriod: 2s}
nodeLeaseDurationSeconds: 40
evictionHard: {memory.available: "0%", nodefs.available: "0%", nodefs.inodesFree: "0%", imagefs.available: "0%", imagefs.inodesFree: "0%"}
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
END
}

start_containerd() {
    (cd -- "$directory" && exec setpriv --pdeathsig KILL containerd --config "$directory/node/containerd.toml") \
        >>"$directory/containerd.log" 2>&1 </dev/null &
    containerd_pid=$!
    wait_for ctr --address /run/containerd/containerd.sock version || fail "containerd is not ready after $SECONDS s"
}

# import_image FILE: an image that the node has without asking anybody.
import_image() {
    ctr --address /run/containerd/containerd.sock --namespace k8s.io images import "$1" >/dev/null
}

start_kubelet() {
    serve kubelet --kubeconfig "$directory/kubelet.kubeconfig" --config "$directory/node/kubelet.yaml" --root-dir "$directory/node/kubelet" \
        --cert-dir "$directory/node/kubelet-certificates" --hostname-override node --node-ip "$node_address"
    kubelet_pid=$!
}

# start_node PORT: of the API server.
start_node() {
    local name
    write_node_files
    write_kubeconfig "$directory/kubelet.kubeconfig" "$kubelet_token" "$1"
    write_kubeconfig "$directory/scheduler.kubeconfig" "$scheduler_token" "$1"
    write_kubeconfig "$directory/proxy.kubeconfig" "$proxy_token" "$1"
    start_containerd
    "$here/image" "$directory/node/pause.tar" "$pause_image" "$bin/pause" /pause >/dev/null
    import_image "$directory/node/pause.tar" || fail "the image of pause could not be imported"
    serve kube-scheduler --kubeconfig "$directory/scheduler.kubeconfig" --secure-port 0 --leader-elect=false \
        --kube-api-qps 200 --kube-api-burst 400
    scheduler_pid=$!
    # What kubeadm grants it.
    "$bin/kubectl" create clusterrolebinding node-proxier --clusterrole system:node-proxier \
        --user system:kube-proxy >/dev/null
    serve kube-proxy --kubeconfig "$directory/proxy.kubeconfig" --hostname-override node --proxy-mode nftables \
        --cluster-cidr "$pod_network" --conntrack-max-per-core 0
    proxy_pid=$!
    start_kubelet
    wait_for "$bin/kubectl" wait --for=condition=Ready node/node --timeout=1s || fail "the node is not ready after $SECONDS s"
    # What the tests need to reach the parts by.
    for name in etcd apiserver manager scheduler kubelet proxy containerd; do
        local variable="${name}_pid"
        printf '%s\n' "${!variable}" >"$directory/$name.pid"
    done
}

# The command may have started some of them again: their ids are in the files.
read_pids() {
    local name
    for name in etcd apiserver manager scheduler kubelet proxy containerd; do
        read -r "${name?}_pid" <"$directory/$name.pid"
    done
}
