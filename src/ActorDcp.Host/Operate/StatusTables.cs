using System.Globalization;
using ActorDcp.Host.CommandLine;
using ActorDcp.Hosting;
using ActorDcp.Hosting.Http;
using Spectre.Console;

namespace ActorDcp.Host.Operate;

/// <summary>A group's status as tables for people.</summary>
internal static class StatusTables
{
    public static void Write(GroupStatus status, TextWriter output)
    {
        var console = TableConsole.On(output);
        console.MarkupLineInterpolated($"group [bold]{status.Group}[/] on bucket [bold]{status.Bucket}[/] {status.BucketUuid}: {Summary(status)}");
        console.Write(Members(status));
        console.Write(Nodes(status));
        console.Write(VBuckets(status));
    }

    private static string Summary(GroupStatus status)
    {
        var lag = status.VBuckets.Aggregate(0UL, (sum, row) => sum + Lag(row));
        var states = status.VBuckets.GroupBy(row => row.State).OrderBy(states => states.Key, StringComparer.Ordinal).Select(states => $"{states.Count()} {states.Key}");
        return $"{(status.Complete ? "complete" : "on the move")}, {string.Join(", ", states)}, lag {Number(lag)}";
    }

    private static Table Members(GroupStatus status)
    {
        var table = Columns("member", "address", "state", "vbuckets");
        foreach (var member in status.Members)
            Row(table, member.Member, member.Address, member.State, Number((ulong)member.VBuckets));
        return table;
    }

    private static Table Nodes(GroupStatus status)
    {
        var table = Columns("data node", "connections", "window", "unacknowledged", "parked", "pinned", "last failure");
        foreach (var node in status.Nodes)
            Row(table, node.Node, Number((ulong)node.Connections), Size(node.Window), Size(node.Unacknowledged), Size(node.Parked), Size(node.Pinned), Failure(node.Failure, node.FailedAt));
        return table;
    }

    private static Table VBuckets(GroupStatus status)
    {
        var table = Columns("vb", "member", "state", "epoch", "vbuuid", "high", "received", "handled", "checkpointed", "lag", "data node", "reason");
        foreach (var row in status.VBuckets)
            Row(
                table, Number((ulong)row.Vb), row.Member ?? "-", row.State, Number((ulong)row.Epoch), row.VbUuid, Number(row.High), Number(row.Received),
                Number(row.Handled), Number(row.Checkpointed), Number(Lag(row)), row.Node ?? "-", row.Reason ?? "");
        return table;
    }

    private static ulong Lag(VBucketStatus row) => row.High > row.Handled ? row.High - row.Handled : 0;

    public static Table Columns(params string[] names)
    {
        var table = new Table().Border(TableBorder.Simple);
        foreach (var name in names)
            table.AddColumn(name);
        return table;
    }

    public static void Row(Table table, params string[] cells) => table.AddRow([.. cells.Select(cell => new Text(cell))]);

    public static string Number(ulong value) => value.ToString(CultureInfo.InvariantCulture);

    public static string Failure(string? failure, DateTimeOffset? at) =>
        failure is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{at:yyyy-MM-dd HH:mm:ss}Z {failure}");

    private static string Size(long bytes) => bytes >= 0 ? new ByteSize(bytes).ToString() : Number(0);
}
