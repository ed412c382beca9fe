using System.Text.Json.Nodes;
using ActorDcp.Producer.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ActorDcp.Producer.Control;

/// <summary>The nodes: who they are, and changes of the cluster, each answered when it is done with how the nodes stand then.</summary>
internal sealed class NodeRoutes(ProducerCluster cluster, ProducerNode self)
{
    public static void Map(IEndpointRouteBuilder control, ProducerCluster cluster, ProducerNode self)
    {
        var routes = new NodeRoutes(cluster, self);
        control.MapGet("/nodes", ControlGate.Answer((_, _) => routes.Show()));
        control.MapPost("/nodes", routes.On(stop => cluster.AddAsync(stop)));
        control.MapPost("/rebalance", routes.On(stop => cluster.RebalanceAsync(stop)));
        control.MapPost("/wait-for-replicas", routes.On(stop => cluster.WaitForReplicasAsync(stop)));
        control.MapDelete("/nodes/{node}", routes.OnNode((node, _, stop) => cluster.RemoveAsync(node.Id, stop)));
        control.MapPost("/nodes/{node}/failover", routes.OnNode((node, _, stop) => cluster.FailOverAsync(node.Id, stop)));
        control.MapPost("/nodes/{node}/start", routes.OnNode((node, _, stop) => cluster.StartNodeAsync(node.Id, stop)));
        control.MapPost("/nodes/{node}/stop", ControlGate.Answer(routes.StopAsync));
        control.MapPost("/vbuckets/{vbucket}/move", ControlGate.Answer(async (context, body) =>
        {
            var (vbucket, to) = (VBucketRoutes.Find(cluster, context), (int)body.Number("to", 0, int.MaxValue));
            body.End();
            await cluster.MoveAsync(vbucket, to, context.RequestAborted);
            return routes.Show();
        }));
    }

    private RequestDelegate On(Func<CancellationToken, Task> act) => ControlGate.Answer(async (context, body) =>
    {
        body.End();
        await act(context.RequestAborted);
        return Show();
    });

    /// <summary>The node that was asked to stop itself answers before it does.</summary>
    private async Task<JsonNode> StopAsync(HttpContext context, ControlBody body)
    {
        var node = FaultRoutes.Find(cluster, context);
        var clean = body.Flag("clean", true);
        body.End();
        if (!ReferenceEquals(node, self))
        {
            await cluster.StopNodeAsync(node.Id, clean, context.RequestAborted);
            return Show();
        }
        context.Response.Headers.Connection = "close";
        context.Response.OnCompleted(() =>
        {
            node.StopSoon(clean);
            return Task.CompletedTask;
        });
        return Show(stopping: node);
    }

    /// <summary>A change that takes the node away cannot be answered by it.</summary>
    private RequestDelegate OnNode(Func<ProducerNode, ControlBody, CancellationToken, Task> act) => ControlGate.Answer(async (context, body) =>
    {
        var node = FaultRoutes.Find(cluster, context);
        if (ReferenceEquals(node, self) && !context.Request.Path.Value!.EndsWith("/start", StringComparison.Ordinal))
            throw new ControlException(
                StatusCodes.Status409Conflict, $"node {node.Id} is the one that was asked", "ask another node: GET /control/v1/nodes names their HTTP ports");
        await act(node, body, context.RequestAborted);
        body.End();
        return Show();
    });

    private JsonArray Show(ProducerNode? stopping = null) => new([.. cluster.Topology.Members.Select(node => Show(node, node.IsRunning && node != stopping))]);

    private JsonObject Show(ProducerNode node, bool isRunning)
    {
        var layout = cluster.Topology.Layout;
        var chains = Enumerable.Range(0, layout.VBucketCount).Select(number => layout.ChainOf(VBucketId.From(number))).ToList();
        var shown = new JsonObject
        {
            ["node"] = node.Id,
            ["kv"] = node.Endpoint.Port,
            ["http"] = node.HttpEndpoint?.Port,
            ["running"] = isRunning,
            ["connections"] = node.ConnectionCount,
            ["active"] = chains.Count(chain => chain[0] == node.Id),
            ["replicas"] = chains.Count(chain => chain.Skip(1).Contains(node.Id)),
            ["faults"] = FaultRoutes.Show(node.Faults.Report),
        };
        if (node.HttpsEndpoint is { } https)
            shown["https"] = https.Port;
        return shown;
    }
}
