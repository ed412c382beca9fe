using System.Globalization;
using System.Text.Json.Nodes;
using ActorDcp.Producer.Faults;
using ActorDcp.Producer.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ActorDcp.Producer.Control;

/// <summary>Faults of a node: <c>POST /control/v1/nodes/N/faults/FAULT</c>, each answered with what is in force then; DELETE ends all.</summary>
internal sealed class FaultRoutes(ProducerCluster cluster)
{
    private const string Node = "node";
    private const int MostVBuckets = 1_024;

    public static void Map(IEndpointRouteBuilder control, ProducerCluster cluster)
    {
        var routes = new FaultRoutes(cluster);
        const string faults = $"/nodes/{{{Node}}}/faults";
        control.MapGet(faults, routes.On((_, _) => { }));
        control.MapDelete(faults, routes.On((node, _) => node.Clear()));
        control.MapPost($"{faults}/answer", routes.On((node, body) =>
        {
            var (status, count, opcode) = (body.Status("status"), (int)body.Number("count", 1, int.MaxValue, 1), body.Opcode("opcode"));
            body.End();
            node.AnswerNext(status, count, opcode);
        }));
        control.MapPost($"{faults}/stall", routes.On((node, body) => Only(body, node.StallDelivery)));
        control.MapPost($"{faults}/resume", routes.On((node, body) => Only(body, node.ResumeDelivery)));
        control.MapPost($"{faults}/drop-connections", routes.On((node, body) => Only(body, () => node.DropConnections())));
        control.MapPost($"{faults}/cut", routes.On((node, body) =>
        {
            var (bytes, connections) = (body.Number("after_bytes", 0, long.MaxValue), (int)body.Number("connections", 1, int.MaxValue, 1));
            body.End();
            node.CutConnections(bytes, connections);
        }));
        control.MapPost($"{faults}/noops", routes.On((node, body) =>
        {
            var (drop, delay) = (body.Flag("drop", false), body.Number("delay_ms", 0, 86_400_000, 0));
            body.End();
            node.DropNoops(drop);
            node.DelayNoops(TimeSpan.FromMilliseconds(delay));
        }));
        control.MapPost($"{faults}/die-after-marker", routes.On((node, body) =>
        {
            var vbucket = body.Number("vbucket", -1, MostVBuckets - 1, -1);
            body.End();
            node.DieAfterMarker(vbucket < 0 ? null : VBucketId.From((int)vbucket));
        }));
        control.MapPost($"{faults}/slow-disk", routes.On((node, body) =>
        {
            var delay = body.Milliseconds("delay_ms");
            body.End();
            node.SlowDisk(delay);
        }));
    }

    /// <summary>The node that a path names.</summary>
    public static ProducerNode Find(ProducerCluster cluster, HttpContext context)
    {
        var text = (string)context.Request.RouteValues[Node]!;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            && cluster.Topology.Members.FirstOrDefault(member => member.Id == id) is { } node
                ? node
                : throw new ControlException(
                    StatusCodes.Status404NotFound, $"there is no node {text}", $"the nodes are {string.Join(", ", cluster.Topology.Members.Select(member => member.Id))}");
    }

    public static JsonObject Show(NodeFaultsReport faults) => new()
    {
        ["stalled"] = faults.IsStalled,
        ["noops_dropped"] = faults.DropsNoops,
        ["noop_delay_ms"] = faults.NoopDelay.TotalMilliseconds,
        ["disk_delay_ms"] = faults.DiskDelay.TotalMilliseconds,
        ["answers_left"] = faults.AnswersLeft,
        ["cuts_left"] = faults.CutsLeft,
        ["dies_after_marker"] = faults.DiesAfterMarker,
    };

    private static void Only(ControlBody body, Action act)
    {
        body.End();
        act();
    }

    private RequestDelegate On(Action<NodeFaults, ControlBody> act) => ControlGate.Answer((context, body) =>
    {
        var node = Find(cluster, context);
        act(node.Faults, body);
        body.End();
        return Show(node.Faults.Report);
    });
}
