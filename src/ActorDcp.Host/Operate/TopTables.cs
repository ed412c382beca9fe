using System.Globalization;
using Spectre.Console;

namespace ActorDcp.Host.Operate;

/// <summary>A look at a group as tables for people.</summary>
internal static class TopTables
{
    public static Rows Picture(TopLook look)
    {
        var members = StatusTables.Columns("member", "state", "vbuckets", "handled/s", "lag");
        foreach (var row in look.Members)
            StatusTables.Row(members, row.Member, row.State, row.VBuckets.ToString(CultureInfo.InvariantCulture), Rate(row.Rate), StatusTables.Number(row.Lag));
        var nodes = StatusTables.Columns("data node", "connections", "last failure");
        foreach (var row in look.Nodes)
            StatusTables.Row(nodes, row.Node, row.Connections.ToString(CultureInfo.InvariantCulture), StatusTables.Failure(row.Failure, row.FailedAt));
        var vbuckets = StatusTables.Columns("vb", "member", "state", "handled/s", "lag", "reason");
        foreach (var row in look.VBuckets)
            StatusTables.Row(
                vbuckets, row.Vb.ToString(CultureInfo.InvariantCulture), row.Member ?? "-", row.State, Rate(row.Rate), StatusTables.Number(row.Lag), row.Reason ?? "");
        return new Rows(
            new Text(string.Create(
                CultureInfo.InvariantCulture,
                $"group {look.Group} on bucket {look.Bucket}: {(look.Complete ? "complete" : "on the move")}, {look.Rate:N0} handled/s, lag {look.Lag:N0}")),
            members, nodes, vbuckets);
    }

    private static string Rate(double rate) => rate.ToString("N0", CultureInfo.InvariantCulture);
}
