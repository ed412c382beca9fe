using System.Text;
using ActorDcp.Hosting.Configuration;

namespace ActorDcp.Hosting;

/// <summary>
/// Everything a member of a consumer group is told, bound from the section <c>ActorDcp</c> and checked before anything starts.
/// <see cref="ToString"/> leaves secrets out.
/// </summary>
public sealed class ActorDcpOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string SectionName = "ActorDcp";

    /// <summary>Name of the consumer group: letters, digits, '.', '-' and '_'. Required.</summary>
    public string Group { get; set; } = "";

    /// <summary>Where Couchbase is: <c>couchbase://host[:port][,host[:port]]</c>, or <c>couchbases://</c> for TLS.</summary>
    public string Connection { get; set; } = "couchbase://127.0.0.1";

    /// <summary>User to sign in as; null with client certificates.</summary>
    public string? User { get; set; }

    /// <summary>The user's password; also <c>ACTORDCP_PASSWORD</c> or <see cref="PasswordFile"/>.</summary>
    public string? Password { get; set; }

    /// <summary>File whose first line is the password.</summary>
    public string? PasswordFile { get; set; }

    /// <summary>Bucket to stream. Required.</summary>
    public string Bucket { get; set; } = "";

    /// <summary>How to sign in.</summary>
    public AuthenticationMethod Auth { get; set; } = AuthenticationMethod.Auto;

    /// <summary>TLS towards Couchbase.</summary>
    public ConnectionTlsOptions Tls { get; } = new();

    /// <summary>Where a group begins that has no position yet: <c>beginning</c>, <c>now</c>, or the path of a file of offsets. Counts once.</summary>
    public string Start { get; set; } = "beginning";

    /// <summary>What is streamed.</summary>
    public StreamOptions Stream { get; } = new();

    /// <summary>Flow-control window of one connection: bytes received and not yet handled.</summary>
    public ByteSize Window { get; set; } = ByteSize.FromMebibytes(20);

    /// <summary>Bytes of slow vbuckets that one connection may hold outside its window.</summary>
    public ByteSize ParkedBytes { get; set; } = ByteSize.FromMebibytes(20);

    /// <summary>When progress is made durable.</summary>
    public CheckpointOptions Checkpoint { get; } = new();

    /// <summary>How long a vbucket that moves may take to finish the batch in work.</summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(8);

    /// <summary>What is done with the changes.</summary>
    public HandlerOptions Handler { get; } = new();

    /// <summary>The cluster this member belongs to.</summary>
    public ClusterOptions Cluster { get; } = new();

    /// <summary>Where progress is kept.</summary>
    public PersistenceOptions Persistence { get; } = new();

    /// <summary>The member's HTTP calls.</summary>
    public HttpOptions Http { get; } = new();

    /// <summary>Whether the password is the first line of <see cref="PasswordFile"/>, which may be rotated while the member runs.</summary>
    internal bool IsPasswordFromFile { get; set; }

    /// <summary>What was wrong with the configuration's texts; reported by the validator together with everything else.</summary>
    internal List<string> BindingErrors { get; } = [];

    /// <summary>One line a key that differs from its default; secrets appear as <c>***</c>.</summary>
    public override string ToString()
    {
        var defaults = new ActorDcpOptions();
        var text = new StringBuilder();
        foreach (var key in OptionKeys.All)
        {
            var value = key.Read(this);
            if (value == key.Read(defaults))
                continue;
            text.Append(SectionName).Append(':').Append(key.Name).Append(" = ").AppendLine(key.IsSecret ? "***" : value);
        }
        return text.ToString();
    }
}
