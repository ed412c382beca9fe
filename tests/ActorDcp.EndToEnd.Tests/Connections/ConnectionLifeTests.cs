using ActorDcp.Client;
using ActorDcp.EndToEnd.Tests.Members;
using ActorDcp.Producer;
using ActorDcp.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace ActorDcp.EndToEnd.Tests.Connections;

/// <summary>What happens to connections of a running member, and what of it others notice.</summary>
public sealed class ConnectionLifeTests
{
    [Fact]
    public async Task One_connection_that_is_lost_touches_only_its_vbuckets()
    {
        using var folder = new TestFolder();
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(12).Nodes(3).KeepHistory());
        await using var member = await TestMember.StartAsync(producer, folder.Path);
        await WriteAsync(producer, member, "first");
        var before = await StreamsAsync(producer);
        Assert.Equal(Enumerable.Range(0, 12), before.SelectMany(node => node.Keys).Order());

        producer.Nodes[1].DropConnections();
        await WriteAsync(producer, member, "second");

        var after = await StreamsAsync(producer);
        Assert.Equal(before[0], after[0]);
        Assert.Equal(before[2], after[2]);
        Assert.Equal(before[1].Keys.Order(), after[1].Keys.Order());
        Assert.All(after[1], stream => Assert.NotEqual(before[1][stream.Key], stream.Value));
        Assert.Equal(12 + before[1].Count, member.Metrics["actordcp.stream.opens"]);
        Assert.Equal(before[1].Count, member.Metrics.Total("actordcp.stream.ends", "reason=ConnectionLost"));
    }

    [Fact]
    public async Task The_status_keeps_what_last_went_wrong_with_each_node_and_when()
    {
        using var folder = new TestFolder();
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(8).Nodes(2).KeepHistory());
        await using var member = await TestMember.StartAsync(producer, folder.Path);
        await WriteAsync(producer, member, "first");
        Assert.All((await member.Group.GetStatusAsync(CancellationToken.None)).Nodes, node => Assert.Equal((null, null), (node.Failure, node.FailedAt)));
        var begun = DateTimeOffset.UtcNow;

        producer.Nodes[1].DropConnections();
        await WriteAsync(producer, member, "second");
        var nodes = (await member.Group.GetStatusAsync(CancellationToken.None)).Nodes.ToDictionary(node => node.Node);
        var (quiet, dropped) = (nodes[$"{OpenStreams.At(producer.Nodes[0])}"], nodes[$"{OpenStreams.At(producer.Nodes[1])}"]);
        Assert.Null(quiet.Failure);
        Assert.Equal(1, dropped.Connections);
        Assert.Contains("the connection", dropped.Failure, StringComparison.Ordinal);
        Assert.InRange(dropped.FailedAt!.Value, begun, DateTimeOffset.UtcNow);

        producer.Nodes[1].AnswerNext(Status.TemporaryFailure, 4, Opcode.DcpStreamReq);
        producer.Nodes[1].DropConnections();
        await WriteAsync(producer, member, "third");
        dropped = (await member.Group.GetStatusAsync(CancellationToken.None)).Nodes.Single(node => node.Node == dropped.Node);
        Assert.Equal(1, dropped.Connections);
        Assert.Matches("^refused to stream vbucket [0-9]+ with TemporaryFailure \\(0x86\\)", dropped.Failure!);
    }

    [Fact]
    public async Task A_connection_that_somebody_takes_the_name_of_is_made_anew_under_another()
    {
        using var folder = new TestFolder();
        await using var producer = await EmbeddedProducer.StartAsync(o => o.VBuckets(4).KeepHistory());
        await using var member = await TestMember.StartAsync(producer, folder.Path);
        await WriteAsync(producer, member, "first");
        var node = OpenStreams.At(producer.Nodes[0]);
        var name = Assert.Single(await OpenStreams.ConnectionsAsync(node));

        var options = new DcpConnectionOptions
        {
            Kv = new KvConnectionOptions
            {
                Endpoint = node,
                Bucket = "default",
                Credentials = new KvCredentials("Administrator", EmbeddedProducerOptions.DefaultPassword),
            },
            Name = name,
        };
        await using var other = await DcpConnection.OpenAsync(options, TimeProvider.System, NullLogger.Instance, CancellationToken.None);
        await Eventually.TrueAsync(
            async () => (await OpenStreams.ConnectionsAsync(node)) is { Count: 2 }, () => "the member has no other connection");
        await WriteAsync(producer, member, "second");

        // neither throws the other out
        Assert.False(other.Completion.IsCompleted);
        Assert.Contains(name, await OpenStreams.ConnectionsAsync(node));
        Assert.Equal(1, member.Metrics["actordcp.reconnects{node=" + node + "}"]);
    }

    [Fact]
    public async Task A_node_that_drops_what_it_takes_for_idle_is_connected_to_again()
    {
        using var folder = new TestFolder();
        await using var producer = await EmbeddedProducer.StartAsync(
            o => o.VBuckets(4).KeepHistory().With(options => options with { DcpIdleTimeout = TimeSpan.FromSeconds(1) }));
        await using var member = await TestMember.StartAsync(producer, folder.Path);
        await WriteAsync(producer, member, "first");
        var reconnects = "actordcp.reconnects{node=" + OpenStreams.At(producer.Nodes[0]) + "}";

        await Eventually.TrueAsync(() => member.Metrics[reconnects] >= 2, () => $"{member.Metrics[reconnects]} times dropped");

        await WriteAsync(producer, member, "second");
    }

    [Fact]
    public async Task A_password_that_was_changed_is_taken_from_its_file_at_the_next_connect()
    {
        using var folder = new TestFolder();
        var password = folder.File("password");
        await File.WriteAllTextAsync(password, "0ld-secret");
        var port = FreePort.Find();
        var options = new EmbeddedProducerOptions { VBuckets = 4, Port = port, DataDirectory = folder.File("bucket"), Password = "0ld-secret" };
        var producer = await EmbeddedProducer.StartAsync(options);
        TestMember member;
        try
        {
            member = await TestMember.StartAsync(producer, folder.Path, null, ("ActorDcp:Password", null!), ("ActorDcp:PasswordFile", password));
            await WriteAsync(producer, member, "first");
        }
        finally
        {
            await producer.DisposeAsync();
        }
        await using var running = member;

        await using var rotated = await EmbeddedProducer.StartAsync(options with { Password = "n3w-secret" });
        await Eventually.TrueAsync(
            () => member.Metrics.Total("actordcp.refusals", $"status={Status.AuthError}") > 0, () => "the old password was not refused");
        await StatusReasonAsync(member, "Check user and password");
        await File.WriteAllTextAsync(password, "n3w-secret");

        await WriteAsync(rotated, member, "second");
    }

    private static Task StatusReasonAsync(TestMember member, string words)
    {
        var reasons = "";
        return Eventually.TrueAsync(
            async () =>
            {
                reasons = string.Join("; ", (await member.Group.GetStatusAsync(CancellationToken.None)).VBuckets.Select(row => row.Reason));
                return reasons.Contains(words, StringComparison.Ordinal);
            },
            () => reasons);
    }

    private static async Task WriteAsync(EmbeddedProducer producer, TestMember member, string name)
    {
        for (var vbucket = 0; vbucket < producer.Bucket.VBucketCount; vbucket++)
            for (var i = 0; i < 5; i++)
                producer.Bucket.Set(VBucketId.From(vbucket), $"{name}-{i}", "{}"u8);
        await member.CaughtUpAsync(producer);
    }

    private static async Task<IReadOnlyList<IReadOnlyDictionary<int, string>>> StreamsAsync(EmbeddedProducer producer)
    {
        var streams = new List<IReadOnlyDictionary<int, string>>();
        foreach (var node in producer.Nodes)
            streams.Add(await OpenStreams.OfAsync(OpenStreams.At(node)));
        return streams;
    }
}
