using ActorDcp.Producer.Access;
using Microsoft.Extensions.Logging;

namespace ActorDcp.Producer;

/// <summary>
/// The usual settings of an embedded producer in words: <c>EmbeddedProducer.StartAsync(o => o.VBuckets(64).KeepHistory())</c>.
/// What has no word here is set with <see cref="With"/>.
/// </summary>
public sealed class EmbeddedProducerBuilder
{
    /// <summary>The options as they stand.</summary>
    public EmbeddedProducerOptions Options { get; private set; } = new();

    /// <summary>How many vbuckets, 1 to 1,024.</summary>
    public EmbeddedProducerBuilder VBuckets(int count) => With(options => options with { VBuckets = count });

    /// <summary>How many data nodes, 1 to 64.</summary>
    public EmbeddedProducerBuilder Nodes(int count) => With(options => options with { Nodes = count });

    /// <summary>How many replicas of each vbucket, 0 to 3.</summary>
    public EmbeddedProducerBuilder Replicas(int count) => With(options => options with { Replicas = count });

    /// <summary>Name of the bucket.</summary>
    public EmbeddedProducerBuilder Bucket(string name) => With(options => options with { Bucket = name });

    /// <summary>Says of itself that nothing is ever persisted.</summary>
    public EmbeddedProducerBuilder Ephemeral() => With(options => options with { Ephemeral = true });

    /// <summary>Keeps every version of every document, for going back and for <see cref="Buckets.Bucket.History"/>.</summary>
    public EmbeddedProducerBuilder KeepHistory() => With(options => options with { KeepHistory = true });

    /// <summary>Keeps the bucket in a folder between runs.</summary>
    public EmbeddedProducerBuilder Data(string folder) => With(options => options with { DataDirectory = folder });

    /// <summary>The user who may do everything, and its password.</summary>
    public EmbeddedProducerBuilder User(string name, string password) =>
        With(options => options with { User = name, Password = password });

    /// <summary>One more user, and what it may do.</summary>
    public EmbeddedProducerBuilder AddUser(string name, string password, ProducerPrivileges privileges = ProducerPrivileges.DcpReader) =>
        With(options => options with { Users = [.. options.Users, new ProducerUser { Name = name, Password = password, Privileges = privileges }] });

    /// <summary>The clock.</summary>
    public EmbeddedProducerBuilder Time(TimeProvider time) => With(options => options with { TimeProvider = time });

    /// <summary>Where to log.</summary>
    public EmbeddedProducerBuilder Log(ILoggerFactory factory) => With(options => options with { LoggerFactory = factory });

    /// <summary>Changes any option.</summary>
    public EmbeddedProducerBuilder With(Func<EmbeddedProducerOptions, EmbeddedProducerOptions> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        Options = change(Options);
        return this;
    }
}
