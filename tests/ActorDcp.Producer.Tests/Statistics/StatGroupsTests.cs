using System.Text;
using System.Text.Json;
using ActorDcp.Producer.Tests.Documents;
using ActorDcp.Producer.Tests.SyncWrites;
using ActorDcp.Protocol;

namespace ActorDcp.Producer.Tests.Statistics;

/// <summary>The groups of the capture stats-groups: names and their order are those of the real node.</summary>
public sealed class StatGroupsTests
{
    [Theory]
    [InlineData("vbucket")]
    [InlineData("vbucket-seqno")]
    [InlineData("vbucket-seqno 1")]
    [InlineData("vbucket-details 1")]
    [InlineData("failovers 1")]
    [InlineData("dcp")]
    [InlineData("dcpagg :")]
    [InlineData("dcp-vbtakeover 0 stat")]
    [InlineData("collections _default.c8")]
    [InlineData("collections-byid 0x8")]
    [InlineData("uuid")]
    public async Task A_group_has_the_names_of_the_real_node(string group)
    {
        await using var producer = await StartAsync();
        await using var dcp = await RawClient.OpenDcpAsync(producer, flags: 0x25, name: "stat",
            controls: [("connection_buffer_size", "1048576"), ("enable_expiry_opcode", "true")]);
        await dcp.StreamAsync(0);
        await dcp.StreamAsync(1);
        await using var client = await RawClient.LoginAsync(producer);
        var recorded = Recorded(group);
        Assert.NotEmpty(recorded);
        Assert.Equal(recorded, (await client.StatisticsAsync(group)).Select(statistic => statistic.Key));
    }

    [Fact]
    public async Task Collections_are_listed_with_what_they_hold()
    {
        await using var producer = await StartAsync();
        producer.Bucket.Set("k", "12345");
        await using var client = await RawClient.LoginAsync(producer);
        var statistics = (await client.StatisticsAsync("collections")).DistinctBy(statistic => statistic.Key).ToDictionary();
        Assert.Equal(Recorded("collections").Order(), (await client.StatisticsAsync("collections")).Select(statistic => statistic.Key).Order());
        Assert.Equal("1", statistics["0x0:0x0:items"]);
        Assert.Equal("0", statistics["0x0:0x8:items"]);
        Assert.Equal("c8", statistics["0x0:0x8:name"]);
    }

    [Fact]
    public async Task What_is_not_there_is_refused_as_recorded()
    {
        await using var producer = await StartAsync();
        await using var client = await RawClient.LoginAsync(producer);
        Assert.Equal(Status.KeyNotFound, (await AskAsync(client, "no-such-group")).Status);
        Assert.Equal(Status.NotMyVBucket, (await AskAsync(client, "vbucket-seqno 9")).Status);
        Assert.Equal(Status.NotMyVBucket, (await AskAsync(client, "dcp-vbtakeover 9 stat")).Status);
        Assert.Equal(Status.InvalidArguments, (await AskAsync(client, "vbucket-seqno abc")).Status);
        Assert.Equal(Status.UnknownCollection, (await AskAsync(client, "collections _default.none")).Status);
    }

    [Fact]
    public async Task The_group_without_a_name_tells_about_the_node()
    {
        await using var producer = await StartAsync();
        producer.Bucket.Set("k", "1");
        await using var client = await RawClient.LoginAsync(producer);
        var statistics = (await client.StatisticsAsync("")).ToDictionary();
        Assert.Equal("1", statistics["curr_items"]);
        Assert.Equal("4", statistics["vb_active_num"]);
        Assert.Equal("1", statistics["curr_connections"]);
    }

    [Fact]
    public async Task Streams_are_left_out_on_request()
    {
        await using var producer = await StartAsync();
        await using var dcp = await RawClient.OpenDcpAsync(producer, name: "stat");
        await dcp.StreamAsync(0);
        await using var client = await RawClient.LoginAsync(producer);
        await client.SendAsync(Opcode.Stat, 0, 7, key: "dcp"u8.ToArray(), value: """{"stream_format":"skip"}"""u8.ToArray());
        var names = (await client.ReadUntilAsync(frame => frame.Key.Length == 0)).Select(frame => Encoding.UTF8.GetString(frame.Key)).ToList();
        Assert.Contains("eq_dcpq:stat:num_streams", names);
        Assert.DoesNotContain(names, name => name.Contains("stream_0_", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_happens_in_a_vbucket_and_a_collection_is_counted()
    {
        await using var producer = await StartAsync();
        await using var client = await RawClient.LoginAsync(producer, [.. DocumentClient.Features]);
        foreach (var value in (string[])["{}", "[]", "1"])
            await client.SetAsync(0, "k", value);
        await client.SetAsync(0, "other", "{}");
        await client.AskAsync(Opcode.Get, 0, key: "\0k"u8.ToArray());
        await client.AskAsync(Opcode.Get, 0, key: "\0missing"u8.ToArray());
        await client.AskAsync(Opcode.Delete, 0, key: "\0k"u8.ToArray());
        producer.LoseNewest(new VBucketId(0), 1);
        await client.AskAsync(Opcode.SubdocDictUpsert, 0, [0, 1, 4, 1], "\0other"u8.ToArray(), "x1"u8.ToArray());

        var details = (await client.StatisticsAsync("vbucket-details 0")).ToDictionary();
        var collection = (await client.StatisticsAsync("collections _default._default")).ToDictionary();

        Assert.Equal(["2", "3", "1", "1", "1"], Of("ops_create", "ops_update", "ops_delete", "ops_get", "rollback_item_count"));
        Assert.Equal(["0", "true", "2"], Of("queue_size", "might_contain_xattrs", "ht_num_items"));
        Assert.Equal(details["vb_0:queue_fill"], details["vb_0:queue_drain"]);
        Assert.NotEqual("0", details["vb_0:ht_item_memory"]);
        Assert.True(int.Parse(collection["0x0:0x0:ops_store"], System.Globalization.CultureInfo.InvariantCulture) > 0);

        string[] Of(params string[] names) => [.. names.Select(name => details[$"vb_0:{name}"])];
    }

    [Fact]
    public async Task What_waits_for_the_disk_and_what_is_there_alone_is_told()
    {
        var folder = Directory.CreateTempSubdirectory("actordcp-producer-").FullName;
        try
        {
            var options = new EmbeddedProducerOptions { VBuckets = 1, DataDirectory = folder };
            await using (var before = await EmbeddedProducer.StartAsync(options))
                before.Bucket.Set("k", "12345");
            await using var producer = await EmbeddedProducer.StartAsync(options);
            producer.Nodes[0].Faults.SlowDisk(TimeSpan.FromHours(1));
            producer.Bucket.Set("new", "1");
            producer.Bucket.Set("newer", "1");
            await using var client = await RawClient.LoginAsync(producer);

            var details = (await client.StatisticsAsync("vbucket-details 0")).ToDictionary();

            Assert.Equal(("2", "2", "0"), (details["vb_0:queue_size"], details["vb_0:queue_fill"], details["vb_0:queue_drain"]));
            Assert.Equal("1", details["vb_0:num_non_resident"]);
            Assert.NotEqual("0", details["vb_0:db_data_size"]);
            producer.Nodes[0].Faults.Clear();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_connection_tells_how_often_its_window_was_full_and_when_it_was_heard_last()
    {
        await using var producer = await StartAsync();
        for (var i = 0; i < 5; i++)
            producer.Bucket.Set(new VBucketId(0), $"k{i}", "v"u8);
        await using var dcp = await RawClient.OpenDcpAsync(producer, name: "stat", controls: ("connection_buffer_size", "60"));
        await dcp.StreamAsync(0);
        await dcp.ReadTextsAsync(2);
        await using var client = await RawClient.LoginAsync(producer);

        var full = await OfConnectionAsync();
        await dcp.AckAsync(1_000);
        await dcp.ReadTextsAsync(1);
        var later = await OfConnectionAsync();

        Assert.Equal(("true", "BufferLogFull", "1", "0"), (full["paused"], full["paused_current_reason"], full["paused_count"], full["unpaused_count"]));
        Assert.NotEqual("0", later["unpaused_count"]);
        Assert.NotEqual("0", later["last_receive_time"]);
        Assert.NotEqual("0", later["last_sent_time"]);

        async Task<Dictionary<string, string>> OfConnectionAsync() =>
            (await client.StatisticsAsync("dcp")).Where(one => one.Key.StartsWith("eq_dcpq:stat:", StringComparison.Ordinal) && !one.Key.Contains(":stream_", StringComparison.Ordinal))
                .ToDictionary(one => one.Key["eq_dcpq:stat:".Length..], one => one.Value);
    }

    private static Task<RawFrame> AskAsync(RawClient client, string group) => client.AskAsync(Opcode.Stat, key: Encoding.UTF8.GetBytes(group));

    private static async Task<EmbeddedProducer> StartAsync()
    {
        var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 4 });
        producer.Bucket.Collections.CreateCollection("_default", "c8");
        // vbucket 1 of the recording has two branches
        producer.Failover(new VBucketId(1), producer.Bucket.HighSeqno(new VBucketId(1)));
        return producer;
    }

    private static List<string> Recorded(string group)
    {
        var names = new List<string>();
        uint? opaque = null;
        foreach (var line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "captures", "stats-groups.jsonl")))
        {
            using var entry = JsonDocument.Parse(line);
            if (!entry.RootElement.TryGetProperty("hex", out var hex) || entry.RootElement.GetProperty("conn").GetInt32() != 2)
                continue;
            var frame = new RawFrame(Convert.FromHexString(hex.GetString()!));
            if (frame.Opcode != Opcode.Stat)
                continue;
            var key = Encoding.UTF8.GetString(frame.Key);
            if (!frame.Header.IsResponse && key == group)
                opaque = frame.Header.Opaque;
            else if (frame.Header.IsResponse && frame.Header.Opaque == opaque && key.Length > 0)
                names.Add(key);
        }
        Assert.NotNull(opaque);
        return names;
    }
}
