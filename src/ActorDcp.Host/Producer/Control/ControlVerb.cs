using System.CommandLine;
using System.Text.Json.Nodes;
using ActorDcp.Host.CommandLine;

namespace ActorDcp.Host.Producer.Control;

/// <summary>Does by hand to a running producer what tests do in code: changes of the cluster, and faults.</summary>
internal sealed class ControlVerb : Verb
{
    private readonly ControlOptions _common = new();
    private readonly Option<int?> _node = OptionOf.OptionalNumber("--node", "the node; see nodes", 0, int.MaxValue);
    private readonly Option<int?> _vbucket = OptionOf.OptionalNumber("--vbucket", "the vbucket", 0, 1_023);
    private readonly Option<int> _count = OptionOf.Number("--count", "how many", 1, 1, int.MaxValue);

    public ControlVerb()
        : base("ctl", "Changes a running producer: its nodes, its vbuckets' histories, and faults.", "actordcp producer ctl nodes --url http://127.0.0.1:8091")
    {
        // what is missing is said by RunAsync
        SetAction(_ => ExitCode.WrongUsage);
        AddNodes();
        AddVBuckets();
        AddFaults();
    }

    public override Task<int> RunAsync(ParseResult arguments, Terminal terminal, ShutdownSignals signals) =>
        throw new UsageException($"an action is missing: write one of {string.Join(", ", Subcommands.Select(action => action.Name))}");

    private void AddNodes()
    {
        var unclean = OptionOf.Flag("--unclean", "as a crash would");
        var to = OptionOf.OptionalNumber("--to", "the node that becomes active", 0, int.MaxValue);
        Add("nodes", "Shows the nodes and their faults.", "", HttpMethod.Get, _ => "nodes");
        Add("add-node", "Adds an empty node; rebalance brings vbuckets to it.", "", HttpMethod.Post, _ => "nodes");
        Add("remove-node", "Moves everything away from a node and stops it.", "--node 2", HttpMethod.Delete, OfGivenNode(""), null, _node);
        Add("fail-over", "Takes a node for lost: replicas are promoted.", "--node 2", HttpMethod.Post, OfGivenNode("/failover"), null, _node);
        Add("stop-node", "Stops a node that stays a member.", "--node 2 --unclean", HttpMethod.Post, OfGivenNode("/stop"),
            arguments => new JsonObject { ["clean"] = !arguments.GetValue(unclean) }, _node, unclean);
        Add("start-node", "Starts a node that was stopped.", "--node 2", HttpMethod.Post, OfGivenNode("/start"), null, _node);
        Add("rebalance", "Spreads the vbuckets evenly over the nodes that run.", "", HttpMethod.Post, _ => "rebalance");
        Add("wait-for-replicas", "Waits until every replica has all that its active copy has.", "", HttpMethod.Post, _ => "wait-for-replicas");
        Add("move", "Makes a node active for a vbucket without losing anything.", "--vbucket 12 --to 1", HttpMethod.Post, OfVBucket("/move"),
            arguments => new JsonObject { ["to"] = arguments.GetValue(to) ?? throw new UsageException("--to is missing: write the number of a node") }, _vbucket, to);
    }

    private void AddVBuckets()
    {
        var through = OptionOf.LongNumber("--through", "last seqno to purge", 0, 0);
        var state = OptionOf.Text("--state", "active, replica, pending or dead");
        Add("vbuckets", "Shows where each vbucket is and how far it is.", "", HttpMethod.Get, _ => "vbuckets");
        Add("vbucket", "Shows one vbucket.", "--vbucket 12", HttpMethod.Get, OfVBucket(""), null, _vbucket);
        Add("lose", "Loses the newest changes of a vbucket: a new branch begins.", "--vbucket 12 --count 100", HttpMethod.Post, OfVBucket("/lose"),
            arguments => new JsonObject { ["count"] = arguments.GetValue(_count) }, _vbucket, _count);
        Add("purge", "Purges the tombstones of a vbucket up to a seqno.", "--vbucket 12 --through 400", HttpMethod.Post, OfVBucket("/purge"),
            arguments => new JsonObject { ["through"] = arguments.GetValue(through) }, _vbucket, through);
        Add("expel", "Forgets what a vbucket's checkpoints hold in memory, so that streams begin on disk.", "--vbucket 12", HttpMethod.Post, OfVBucket("/expel"), null, _vbucket);
        Add("state", "Sets the state of a vbucket's active copy.", "--vbucket 12 --state dead", HttpMethod.Post, OfVBucket("/state"),
            arguments => new JsonObject { ["state"] = arguments.GetValue(state) }, _vbucket, state);
    }

    private void AddFaults()
    {
        var afterBytes = OptionOf.LongNumber("--after-bytes", "bytes that a connection still gets", 0, 0);
        var status = OptionOf.Text("--status", "what to answer: a name such as TemporaryFailure, or a number");
        var opcode = OptionOf.Text("--opcode", "only requests of this kind: a name such as Set, or a number");
        var delay = OptionOf.Number("--delay-ms", "milliseconds to wait; 0 ends that", 0, 0, 86_400_000);
        var drop = OptionOf.Flag("--drop", "send none");
        Fault("answer", "Answers the next requests with a status.", "--status TemporaryFailure --count 10",
            arguments => new JsonObject { ["status"] = arguments.GetValue(status), ["count"] = arguments.GetValue(_count), ["opcode"] = arguments.GetValue(opcode) },
            status, _count, opcode);
        Fault("stall", "Sends no stream messages until resume.", "--node 0", null);
        Fault("resume", "Ends stall.", "--node 0", null);
        Fault("drop-connections", "Cuts every connection at once.", "--node 0", null);
        Fault("cut", "Cuts the next DCP connections in the middle of what they are sent.", "--after-bytes 10000 --count 2",
            arguments => new JsonObject { ["after_bytes"] = arguments.GetValue(afterBytes), ["connections"] = arguments.GetValue(_count) }, afterBytes, _count);
        Fault("noops", "Delays or drops no-ops; without options they come in time again.", "--delay-ms 30000",
            arguments => new JsonObject { ["delay_ms"] = arguments.GetValue(delay), ["drop"] = arguments.GetValue(drop) }, delay, drop);
        Fault("die-after-marker", "Delivers the next snapshot marker, and dies.", "--node 1 --vbucket 12",
            arguments => arguments.GetValue(_vbucket) is { } vbucket ? new JsonObject { ["vbucket"] = vbucket } : [], _vbucket);
        Fault("slow-disk", "Makes every write to disk, and every read from it, wait.", "--delay-ms 500", arguments => new JsonObject { ["delay_ms"] = arguments.GetValue(delay) }, delay);
        Add("faults", "Shows what is wrong with a node on demand.", "--node 0", HttpMethod.Get, OfNode("/faults"), null, _node);
        Add("clear", "Ends all faults of a node.", "--node 0", HttpMethod.Delete, OfNode("/faults"), null, _node);
    }

    private void Fault(string name, string description, string example, Func<ParseResult, JsonObject>? body, params IEnumerable<Option> options) =>
        Add(name, description, example, HttpMethod.Post, OfNode($"/faults/{name}"), body, options.Prepend(_node));

    private void Add(
        string name, string description, string example, HttpMethod method, Func<ParseResult, string> path, Func<ParseResult, JsonObject>? body = null,
        params IEnumerable<Option> options) =>
        Subcommands.Add(new ControlAction(_common, name, description, example, method, path, body, options));

    /// <summary>Faults are those of the first node unless told otherwise.</summary>
    private Func<ParseResult, string> OfNode(string rest) => arguments => $"nodes/{arguments.GetValue(_node) ?? 0}{rest}";

    private Func<ParseResult, string> OfGivenNode(string rest) => arguments => arguments.GetValue(_node) is { } node
        ? $"nodes/{node}{rest}"
        : throw new UsageException("--node is missing: write its number, as nodes shows it");

    private Func<ParseResult, string> OfVBucket(string rest) => arguments => arguments.GetValue(_vbucket) is { } vbucket
        ? $"vbuckets/{vbucket}{rest}"
        : throw new UsageException("--vbucket is missing: write its number");
}
