using ActorDcp.Hosting.Configuration;
using ActorDcp.Hosting.Runtime;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;

namespace ActorDcp.Hosting.Tests;

public sealed class OptionsTests
{
    private static readonly Dictionary<string, string?> Sound = new()
    {
        ["Group"] = "orders",
        ["Bucket"] = "travel",
        ["User"] = "reader",
        ["Password"] = "s3cret-of-the-reader",
    };

    [Fact]
    public void A_sound_section_binds_every_kind_of_value()
    {
        var options = Bind(new()
        {
            ["Window"] = "1GiB",
            ["Checkpoint:Interval"] = "500ms",
            ["Stream:Collections:0"] = "8",
            ["Stream:Collections:1"] = "inventory.hotels",
            ["Cluster:Seeds"] = "a:1, b:2",
            ["Cluster:Port"] = "4053",
            ["Auth"] = "scram-sha256",
            ["Stream:Priority"] = "HIGH",
            ["Handler:Values"] = "true",
        });

        Assert.Equal(1L << 30, options.Window.Bytes);
        Assert.Equal(TimeSpan.FromMilliseconds(500), options.Checkpoint.Interval);
        Assert.Equal(["8", "inventory.hotels"], options.Stream.Collections);
        Assert.Equal(["a:1", "b:2"], options.Cluster.Seeds);
        Assert.Equal(4053, options.Cluster.Port);
        Assert.Equal(AuthenticationMethod.ScramSha256, options.Auth);
        Assert.Equal(StreamPriority.High, options.Stream.Priority);
        Assert.True(options.Handler.Values);
    }

    [Fact]
    public void Defaults_are_those_of_the_contract()
    {
        var defaults = OptionKeys.All.ToDictionary(key => key.Name, key => key.Default);

        Assert.Equal("required", defaults["Group"]);
        Assert.Equal("couchbase://127.0.0.1", defaults["Connection"]);
        Assert.Equal("auto", defaults["Auth"]);
        Assert.Equal("beginning", defaults["Start"]);
        Assert.Equal("20MiB", defaults["Window"]);
        Assert.Equal("20MiB", defaults["ParkedBytes"]);
        Assert.Equal("5s", defaults["Checkpoint:Interval"]);
        Assert.Equal("1m", defaults["Checkpoint:MaxUncheckpointed"]);
        Assert.Equal("8s", defaults["DrainTimeout"]);
        Assert.Equal("count", defaults["Handler:Type"]);
        Assert.Equal("pause", defaults["Handler:OnError"]);
        Assert.Equal("127.0.0.1", defaults["Cluster:Host"]);
        Assert.Equal("0", defaults["Cluster:Port"]);
        Assert.Equal("128", defaults["Cluster:Shards"]);
        Assert.Equal("false", defaults["Cluster:Insecure"]);
        Assert.Equal("sqlite", defaults["Persistence:Provider"]);
        Assert.Equal("127.0.0.1", defaults["Http:Host"]);
        Assert.Equal("8080", defaults["Http:Port"]);
    }

    [Theory]
    [InlineData("Windw", "1MiB", "ActorDcp:Windw", "ActorDcp:Window")]
    [InlineData("Checkpoint:Intervall", "5s", "ActorDcp:Checkpoint:Intervall", "ActorDcp:Checkpoint:Interval")]
    [InlineData("CheckpointInterval", "5s", "ActorDcp:CheckpointInterval", "ActorDcp:Checkpoint:Interval")]
    [InlineData("Http:Tokn", "5s", "ActorDcp:Http:Tokn", "ActorDcp:Http:Token")]
    public void A_misspelt_key_is_refused_with_the_nearest_known_one(string key, string value, string named, string suggested)
    {
        var failure = Assert.Single(Failures(new() { [key] = value }));

        Assert.Contains(named, failure, StringComparison.Ordinal);
        Assert.Contains($"did you mean {suggested}?", failure, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Window", "20XiB", "such as 20MiB")]
    [InlineData("Window", "-1MiB", "such as 20MiB")]
    [InlineData("Window", "1KiB", "from 64KiB to 2047MiB")]
    [InlineData("Checkpoint:Interval", "5", "such as 500ms, 5s or 2m")]
    [InlineData("Checkpoint:Interval", "0s", "above zero")]
    [InlineData("Checkpoint:Interval", "90s", "MaxUncheckpointed")]
    [InlineData("DrainTimeout", "1h", "write 8s")]
    [InlineData("Auth", "kerberos", "auto, plain, scram-sha1, scram-sha256, scram-sha512")]
    [InlineData("Cluster:Port", "70000", "from 0 to 65535")]
    [InlineData("Cluster:Insecure", "yes", "true or false")]
    [InlineData("Cluster:Seeds", "nowhere", "host:port")]
    [InlineData("Cluster:Host", "10.0.0.1", "Cluster:Insecure=true")]
    [InlineData("Http:Host", "0.0.0.0", "a token is needed")]
    [InlineData("Connection", "http://db", "couchbase://host[:port]")]
    [InlineData("Connection", "couchbase://db:99999", "from 1 to 65535")]
    [InlineData("Group", "a/b", "letters, digits")]
    [InlineData("Start", "yesterday", "beginning nor now")]
    [InlineData("Start", "/nowhere/offsets.json", "no such file")]
    [InlineData("Stream:Collections", "hotels", "scope.name")]
    [InlineData("Stream:Collections", "inventory.hotels.rooms", "scope.name")]
    [InlineData("Stream:Scope", "inventory.hotels", "its name")]
    [InlineData("Stream:Oso", "true", "Stream:Collections")]
    [InlineData("Stream:DeletedUserXattrs", "true", "Stream:Xattrs=true")]
    [InlineData("Stream:UnderlyingDatatype", "true", "Stream:NoValue=true")]
    [InlineData("Stream:Compression", "zstd", "on, off, forced")]
    [InlineData("Stream:RollbackMitigationInterval", "5ms", "at least 10ms")]
    [InlineData("Handler:Type", "No.Such.Type, Nowhere", "count, jsonl")]
    [InlineData("Handler:Type", "jsonl", "Handler:Path")]
    [InlineData("Persistence:Provider", "postgresql", "ConnectionString")]
    [InlineData("PasswordFile", "/nowhere/secret", null)]
    public void A_wrong_value_is_refused_with_key_and_mend(string key, string value, string? mend)
    {
        var section = new Dictionary<string, string?> { [key] = value };
        if (key == "PasswordFile")
            section["Password"] = null;

        var failures = Failures(section);

        Assert.NotEmpty(failures);
        Assert.Contains(failures, failure => failure.Contains("ActorDcp:", StringComparison.Ordinal) && failure.Contains(mend ?? value, StringComparison.Ordinal));
    }

    [Fact]
    public void All_mistakes_are_reported_at_once()
    {
        var failures = Failures(new() { ["Window"] = "much", ["Group"] = "", ["Tokn"] = "x" });

        Assert.Equal(3, failures.Count);
    }

    [Fact]
    public void Secrets_come_from_a_file_or_from_the_environment()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, "from the file\nand no more\n");
            Assert.Equal("from the file", Bind(new() { ["Password"] = null, ["PasswordFile"] = file }).Password);
            Assert.Equal("of the environment", Bind(new() { ["Password"] = null }, name => name == "ACTORDCP_PASSWORD" ? "of the environment" : null).Password);
            Assert.Equal("t0ken", Bind([], name => name == "ACTORDCP_TOKEN" ? "t0ken" : null).Http.Token);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Printing_options_leaves_secrets_out()
    {
        var text = Bind(new() { ["Http:Token"] = "my-t0ken", ["Persistence:ConnectionString"] = "Host=db;Password=dbpass" }).ToString();

        Assert.Contains("ActorDcp:Group = orders", text, StringComparison.Ordinal);
        Assert.Contains("ActorDcp:Password = ***", text, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret-of-the-reader", text, StringComparison.Ordinal);
        Assert.DoesNotContain("my-t0ken", text, StringComparison.Ordinal);
        Assert.DoesNotContain("dbpass", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_secret_is_not_repeated_in_the_message()
    {
        var key = OptionKeys.All.Single(key => key.Name == "Http:Token");

        Assert.DoesNotContain("my-t0ken", OptionsBinder.Wrong(key, "my-t0ken", "is wrong"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_connection_string_that_the_driver_refuses_is_refused_without_repeating_it()
    {
        var failure = Assert.Single(Failures(new() { ["Persistence:Provider"] = "postgresql", ["Persistence:ConnectionString"] = "Host=db;Password=db;pass=x" }));

        Assert.Contains("ActorDcp:Persistence:ConnectionString", failure, StringComparison.Ordinal);
        Assert.Contains("quote a password", failure, StringComparison.Ordinal);
        Assert.DoesNotContain("pass=", failure, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Host=db", 8, 30)]
    [InlineData("Host=db;MinPoolSize=10", 10, 30)]
    [InlineData("Host=db;Maximum Pool Size=40;Connection Idle Lifetime=300", 40, 300)]
    [InlineData("Host=db;MaxPoolSize=100", 100, 30)]
    public void A_member_takes_few_connections_unless_the_connection_string_says_otherwise(string configured, int most, int idleSeconds)
    {
        var options = Bind(new() { ["Persistence:Provider"] = "postgresql", ["Persistence:ConnectionString"] = configured });

        var connection = new NpgsqlConnectionStringBuilder(PersistenceSetup.ConnectionString(options));

        Assert.Equal((most, idleSeconds), (connection.MaxPoolSize, connection.ConnectionIdleLifetime));
        Assert.Equal("db", connection.Host);
    }

    [Fact]
    public void Every_key_is_described_and_reads_what_it_wrote()
    {
        foreach (var key in OptionKeys.All)
        {
            Assert.NotEmpty(key.Description);
            var options = new ActorDcpOptions();
            var text = key.Read(options) is { Length: > 0 } value ? value : null;
            if (text is not null)
                Assert.Null(key.Apply(options, text));
            Assert.Equal(text ?? "", key.Read(options) ?? "");
        }
    }

    [Fact]
    public void A_handler_in_code_makes_the_configured_type_unimportant()
    {
        var handlers = new HandlerRegistry { Handler = typeof(NothingHandler) };
        var options = Bind(new() { ["Handler:Type"] = "No.Such.Type, Nowhere" });

        Assert.True(new OptionsValidator(handlers).Validate(null, options).Succeeded);
    }

    [Fact]
    public void A_type_that_handles_nothing_is_refused_in_code()
    {
        var builder = new ServiceCollection().AddActorDcp(Section([]));

        Assert.Throws<ArgumentException>(() => builder.AddHandler<string>());
        builder.AddHandler<NothingHandler>();
        Assert.Throws<InvalidOperationException>(() => builder.AddHandler<NothingHandler>());
    }

    [Fact]
    public void Reading_the_options_of_a_host_reports_mistakes()
    {
        using var services = new ServiceCollection().AddLogging()
            .AddActorDcp(Section(new() { ["Windw"] = "1MiB" })).Services.BuildServiceProvider();

        var failure = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IOptions<ActorDcpOptions>>().Value);
        Assert.Contains("Windw", Assert.Single(failure.Failures), StringComparison.Ordinal);
    }

    private static ActorDcpOptions Bind(Dictionary<string, string?> changes, Func<string, string?>? environment = null)
    {
        var options = new ActorDcpOptions();
        new OptionsBinder(Section(changes), environment ?? (_ => null)).Configure(options);
        return options;
    }

    private static List<string> Failures(Dictionary<string, string?> changes) =>
        [.. new OptionsValidator(new HandlerRegistry()).Validate(null, Bind(changes)).Failures ?? []];

    private static IConfigurationSection Section(Dictionary<string, string?> changes)
    {
        var values = new Dictionary<string, string?>(Sound);
        foreach (var (key, value) in changes)
            values[key] = value;
        return new ConfigurationBuilder()
            .AddInMemoryCollection(values.Where(pair => pair.Value is not null).Select(pair => KeyValuePair.Create("ActorDcp:" + pair.Key, pair.Value)))
            .Build()
            .GetSection("ActorDcp");
    }

    private sealed class NothingHandler : IDcpHandler
    {
        public ValueTask HandleAsync(DcpBatch batch, CancellationToken stopping) => default;

        public ValueTask RolledBackAsync(RolledBack rollback, CancellationToken stopping) => default;
    }
}
