#!/usr/bin/env bash
# A Slurm of one node, this machine, without systemd, cgroups or accounting: for tests, as root.
#   one-node.sh start FOLDER   starts munged, slurmctld and slurmd; prints the line that sets SLURM_CONF
#   one-node.sh stop FOLDER    stops what start started
# Needs Debian's packages slurm-wlm and munge. Exit code 3: there is no Slurm here.
set -euo pipefail
[ $# = 2 ] || { echo "usage: $0 start|stop FOLDER" >&2; exit 2; }
folder=$2
stop() {
  for daemon in slurmd slurmctld munged; do
    [ -f "$folder/$daemon.pid" ] || continue
    kill "$(cat "$folder/$daemon.pid")" 2>/dev/null || true
    rm -f "$folder/$daemon.pid"
  done
}
if [ "$1" = stop ]; then stop; exit 0; fi

for program in munged slurmctld slurmd sbatch; do
  command -v "$program" >/dev/null || { echo "no $program on this machine" >&2; exit 3; }
done
[ "$(id -u)" = 0 ] || { echo "one-node.sh runs as root" >&2; exit 3; }
mkdir -p "$folder"/{state,spool,log}
chmod 755 "$folder"
folder=$(cd "$folder" && pwd)
node=$(hostname -s)

# A munge of its own, so that a machine's is left as it is. Every folder above the socket must be safe to munge,
# which those below /tmp are not.
if [ ! -f "$folder/munge.key" ]; then
  dd if=/dev/urandom bs=1 count=1024 of="$folder/munge.key" status=none
  chmod 400 "$folder/munge.key"
fi
munged --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" --pid-file="$folder/munged.pid" \
  --log-file="$folder/log/munged" --seed-file="$folder/munge.seed" 2>/dev/null

cat >"$folder/slurm.conf" <<CONF
ClusterName=one
SlurmctldHost=$node(127.0.0.1)
SlurmctldPort=${SLURMCTLD_PORT:-16817}
SlurmdPort=${SLURMD_PORT:-16818}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
CryptoType=crypto/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=2,bf_interval=2
ReturnToService=2
KillWait=2
MinJobAge=3600
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/log/slurmctld
SlurmdLogFile=$folder/log/slurmd
NodeName=$node NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=test Nodes=$node Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO
CONF
export SLURM_CONF=$folder/slurm.conf
slurmctld -f "$SLURM_CONF"
slurmd -f "$SLURM_CONF"
for _ in $(seq 60); do
  if sinfo --noheader --format=%T 2>/dev/null | grep -q idle; then
    echo "export SLURM_CONF=$SLURM_CONF"
    exit 0
  fi
  sleep 0.5
done
echo "slurm did not start within 30 s:" >&2
tail -n 5 "$folder"/log/* >&2
stop
exit 1
