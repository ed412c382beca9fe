using System.Globalization;
using System.Net;
using ActorDcp.EndToEnd.Tests.Kill;
using ActorDcp.Producer;

namespace ActorDcp.EndToEnd.Tests.BadInput;

/// <summary>What is wrong outside is said in a line that helps; what can go away is waited for.</summary>
public sealed class BadInputTests
{
    [Theory]
    [InlineData("Password", "wrong", "refused the login of user 'Administrator'", "Check user and password")]
    [InlineData("Bucket", "absent", "refused bucket 'absent'", "Check the bucket's name")]
    [InlineData("Persistence:ConnectionString", "Data Source={folder}/file/group.db", "ActorDcp:Persistence:ConnectionString", "name a file that can be written")]
    [InlineData("Persistence:ConnectionString", "Data Source={folder}/file", "is not a database", "name another file")]
    public async Task Serve_ends_with_a_line_that_says_what_to_do(string key, string value, string words, string mend)
    {
        using var folder = new TestFolder();
        await File.WriteAllTextAsync(folder.File("file"), string.Concat(Enumerable.Repeat("this is no database at all\n", 200)));
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 4 });

        await using var member = ServeProcess.Start(producer.Endpoint.Port, folder, (key, value.Replace("{folder}", folder.Path, StringComparison.Ordinal)));
        var code = await member.WaitForExitAsync();

        Assert.Equal(1, code);
        Assert.Empty(member.Output);
        var last = member.Error.Trim().Split('\n')[^1];
        Assert.Contains(words, last, StringComparison.Ordinal);
        Assert.Contains(mend, last, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", member.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong", member.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Http:Port", "the HTTP calls cannot listen on 127.0.0.1:", "set ActorDcp:Http:Port to a free port, or 0")]
    [InlineData("Cluster:Port", "the member cannot listen on 127.0.0.1:", "set ActorDcp:Cluster:Port (or BindPort, BindHost) to what is free")]
    public async Task Serve_ends_with_a_line_that_names_the_port_that_is_taken(string key, string words, string mend)
    {
        using var folder = new TestFolder();
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 4 });
        var taken = producer.Endpoint.Port.ToString(CultureInfo.InvariantCulture);

        await using var member = ServeProcess.Start(producer.Endpoint.Port, folder, (key, taken));
        var code = await member.WaitForExitAsync();

        Assert.True(code == 1, $"exit code {code}: {member.Error}");
        var last = member.Error.Trim().Split('\n')[^1];
        Assert.Contains(words + taken, last, StringComparison.Ordinal);
        Assert.Contains(mend, last, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--password", "wrong", "refused the login of user 'Administrator'")]
    [InlineData("--bucket", "absent", "refused bucket 'absent'")]
    public async Task Drain_says_one_line_and_fails(string option, string value, string words)
    {
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 4 });
        var options = new Dictionary<string, string>
        {
            ["--connection"] = producer.ConnectionString,
            ["--user"] = "Administrator",
            ["--password"] = "password",
            ["--bucket"] = "default",
            ["--until"] = "now",
            [option] = value,
        };

        var result = await HostProcess.RunAsync(["drain", .. options.SelectMany(entry => new[] { entry.Key, entry.Value })]);

        Assert.Equal(1, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.Contains(words, Assert.Single(result.Error.Trim().Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_producer_that_is_not_there_is_waited_for()
    {
        using var folder = new TestFolder();
        var (port, http) = (FreePort.Find(), FreePort.Find());
        await using var member = ServeProcess.Start(port, folder, ("Http:Port", http.ToString(CultureInfo.InvariantCulture)));
        await UnreadyAsync(http, $"127.0.0.1:{port} cannot be reached", member);
        Assert.All(
            member.Error.Split('\n').Where(line => line.Contains("cannot be reached", StringComparison.Ordinal)),
            line => Assert.Contains("next try in", line, StringComparison.Ordinal));
        Assert.Empty(member.Output);

        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 4, Port = port });
        producer.Bucket.Set("late", "{}");

        Assert.Equal(http, await ServeProcess.PortAsync(member, "http"));
        await Eventually.TrueAsync(async () => await StatusAsync(http, "ready") == HttpStatusCode.OK, () => member.Error);
        await Eventually.TrueAsync(
            () => File.Exists(folder.File("out.jsonl")) && DeliveryLine.Read(folder.File("out.jsonl")).Any(line => line.Key == "late"), () => member.Error);
    }

    [Fact]
    public async Task A_seed_that_is_not_there_is_waited_for()
    {
        using var folder = new TestFolder();
        await using var producer = await EmbeddedProducer.StartAsync(new EmbeddedProducerOptions { VBuckets = 4 });
        var (seed, http) = (FreePort.Find(), FreePort.Find());
        var seeds = ("Cluster:Seeds", $"127.0.0.1:{seed}");
        await using var member = ServeProcess.Start(
            producer.Endpoint.Port, folder, seeds, ("Http:Port", http.ToString(CultureInfo.InvariantCulture)), ("Handler:Path", folder.File("{member}.jsonl")));
        await UnreadyAsync(http, $"no seed of ActorDcp:Cluster:Seeds (127.0.0.1:{seed}) has answered yet", member);
        Assert.Empty(member.Output);

        await using var first = ServeProcess.Start(
            producer.Endpoint.Port, folder, seeds, ("Cluster:Port", seed.ToString(CultureInfo.InvariantCulture)), ("Handler:Path", folder.File("{member}.jsonl")));

        Assert.Equal(seed, await ServeProcess.PortAsync(first, "cluster"));
        Assert.Equal(http, await ServeProcess.PortAsync(member, "http"));
    }

    /// <summary>Alive, not ready, and it says why, there and among its logs.</summary>
    private static async Task UnreadyAsync(int http, string why, HostProcess member)
    {
        var found = "";
        await Eventually.TrueAsync(
            async () =>
            {
                if (await StatusAsync(http, "live") != HttpStatusCode.OK || await StatusAsync(http, "ready") != HttpStatusCode.ServiceUnavailable)
                    return false;
                using var client = new HttpClient();
                using var answer = await client.GetAsync(Address(http, "ready"));
                found = await answer.Content.ReadAsStringAsync();
                return found.Contains(why, StringComparison.Ordinal) && member.Error.Contains(why, StringComparison.Ordinal);
            },
            () => found + member.Error);
    }

    private static async Task<HttpStatusCode?> StatusAsync(int http, string check)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        try
        {
            using var answer = await client.GetAsync(Address(http, check));
            return answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private static Uri Address(int http, string check) => new(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{http}/health/{check}"));
}
