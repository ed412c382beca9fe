namespace ActorDcp.Persistence;

/// <summary>The database cannot be used as it is configured; trying again does not help.</summary>
public sealed class PersistenceConfigurationException : Exception
{
    /// <summary>Names the setting, what it holds and what to do.</summary>
    /// <param name="key">Configuration key or table concerned.</param>
    /// <param name="value">What was found; never a secret.</param>
    /// <param name="mend">What to do about it.</param>
    /// <param name="cause">What the database said.</param>
    public PersistenceConfigurationException(string key, string value, string mend, Exception? cause = null)
        : base($"{key} is {value}: {mend}", cause)
    {
        Key = key;
        Value = value;
        Mend = mend;
    }

    /// <summary>Configuration key or table concerned.</summary>
    public string Key { get; }

    /// <summary>What was found.</summary>
    public string Value { get; }

    /// <summary>What to do.</summary>
    public string Mend { get; }
}
